"""Who may see what, and when.

Every page, download, export and feed asks `can_see`. No other code reads a phase's instants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Thing(StrEnum):
    """What can be under embargo in a phase."""

    SOURCES = "sources"  # source segments, terms that systems are given
    OWN_SCORES = "own_scores"  # scores of the viewer's own team
    BOARD = "board"  # the ranked scores of everybody
    TEAM_NAMES = "team_names"  # teams, systems, descriptions
    OUTPUTS = "outputs"  # what the systems wrote, segment by segment
    REFERENCES = "references"  # and everything derived from them
    LOGS = "logs"  # of runs on the test set


class Embargo(Protocol):
    """A phase's instants; None means "not before it is set"."""

    @property
    def is_public(self) -> bool: ...

    opens_at: datetime
    own_scores_at: datetime | None
    board_at: datetime | None
    team_names_at: datetime | None
    outputs_at: datetime | None
    references_at: datetime | None
    logs_at: datetime | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """The reader: a visitor, a member of teams, or an organiser."""

    is_organiser: bool = False
    teams: frozenset[int] = field(default_factory=frozenset)


VISITOR = Viewer()

# What a team sees of its own things without waiting for the public.
_OWN = frozenset({Thing.TEAM_NAMES, Thing.OUTPUTS})
# What only the team itself and the organisers ever see.
_ONLY_OWN = frozenset({Thing.OWN_SCORES, Thing.LOGS})


def can_see(
    viewer: Viewer, thing: Thing, phase: Embargo, now: datetime, *, team: int | None = None
) -> bool:
    """Return whether a viewer may see a thing of a phase at an instant.

    `team` is the team that the thing belongs to; None for a thing without a team, such as a
    board. Own scores and logs are for that team only. Names and outputs are never hidden from
    that team. Nothing of a phase is seen before it is announced.
    """
    if viewer.is_organiser:
        return True
    if not phase.is_public:
        return False
    is_own = team is not None and team in viewer.teams
    if thing in _ONLY_OWN and not is_own:
        return False
    if thing in _OWN and is_own:
        return True
    at = instant_of(thing, phase)
    return at is not None and at <= now


def instant_of(thing: Thing, phase: Embargo) -> datetime | None:
    """Return the instant from which a thing may be seen, None for "not announced"."""
    return {
        Thing.SOURCES: phase.opens_at,
        Thing.OWN_SCORES: phase.own_scores_at,
        Thing.BOARD: phase.board_at,
        Thing.TEAM_NAMES: phase.team_names_at,
        Thing.OUTPUTS: phase.outputs_at,
        Thing.REFERENCES: phase.references_at,
        Thing.LOGS: phase.logs_at,
    }[thing]
