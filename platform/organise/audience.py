"""Who sees what of a phase, when: a table that the policy fills, so that it cannot differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sharedtasks.models import Phase
from sharedtasks.policy import VISITOR, Thing, Viewer, can_see
from sharedtasks.release_dates import DATES

UPLOAD = "Upload"
ROWS: Sequence[tuple[Thing | str, str]] = (
    (Thing.SOURCES, "Sources, terminologies"),
    (UPLOAD, UPLOAD),
    (Thing.OWN_SCORES, "Own scores"),
    (Thing.LOGS, "Logs of own runs"),
    (Thing.BOARD, "Leaderboards"),
    (Thing.TEAM_NAMES, "Team and system names"),
    (Thing.OUTPUTS, "Outputs of all teams"),
    (Thing.REFERENCES, "References"),
)
TEAM = 1  # the number of a team that is looked for
MEMBER = Viewer(teams=frozenset({TEAM}))
VERIFIED = Viewer(teams=frozenset({TEAM}), verified_teams=frozenset({TEAM}))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time between two dates of a phase; None: without a beginning, or without an end."""

    begin: datetime | None
    end: datetime | None
    is_now: bool


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees a thing in a stretch of time, in words; empty for nobody."""

    words: str
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """The table: its columns, and a row of audiences for each thing."""

    stretches: list[Stretch]
    rows: list[tuple[str, list[Audience]]]


def build_sight(phase: Phase, now: datetime) -> Sight:
    """Return who sees what of an announced phase with these dates."""
    instants = sorted({at for name in DATES if (at := getattr(phase, name)) is not None})
    bounds = [None, *instants, None]
    stretches = [
        Stretch(begin, end, _is_within(now, begin, end)) for begin, end in pairwise(bounds)
    ]
    rows = [
        (label, [_find_audience(thing, phase, stretch.begin) for stretch in stretches])
        for thing, label in ROWS
    ]
    return Sight(stretches, rows)


def _find_audience(thing: Thing | str, phase: Phase, at: datetime | None) -> Audience:
    """Return who sees a thing from an instant on; before the first date nobody sees anything."""
    if at is None:
        return Audience("")
    if not isinstance(thing, Thing):
        return Audience("teams" if phase.is_open(at) else "")
    if can_see(VISITOR, thing, phase, at):
        return Audience("everyone", is_public=True)
    if at < phase.opens_at:  # a team has nothing of its own yet
        return Audience("")
    if can_see(MEMBER, thing, phase, at, team=TEAM):
        return Audience("own team")
    return Audience("verified team" if can_see(VERIFIED, thing, phase, at, team=TEAM) else "")


def _is_within(now: datetime, begin: datetime | None, end: datetime | None) -> bool:
    return (begin is None or begin <= now) and (end is None or now < end)
