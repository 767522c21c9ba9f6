"""The dates of phases in words, and the phase that organisers look at now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst, get_text_list

from sharedtasks.models import Phase
from sharedtasks.policy import DATE_OF, Thing, instant_of

FOR_TEAMS: Mapping[Thing, str] = {
    Thing.OWN_SCORES: "own scores",
    Thing.LOGS: "logs of runs",
}
FOR_EVERYBODY: Mapping[Thing, str] = {
    Thing.BOARD: "leaderboards",
    Thing.TEAM_NAMES: "names",
    Thing.OUTPUTS: "outputs",
    Thing.REFERENCES: "references",
}


@dataclass(frozen=True, slots=True)
class PhaseDate:
    """An instant of a phase, and what happens then."""

    phase: Phase
    at: datetime
    label: str  # in a table of the phase's dates
    sentence: str  # among the dates of several phases
    is_reveal: bool = True  # something is shown from then on
    moved_from: datetime | None = None  # what had been announced before

    @property
    def is_deadline(self) -> bool:
        """Return whether submissions end then."""
        return self.at == self.phase.closes_at


def list_dates(
    phase: Phase, now: datetime, moved: Mapping[str, datetime] | None = None
) -> list[PhaseDate]:
    """Return the dates of a phase, the earliest first.

    `moved` has by name of a date what had been announced before its last move.
    """
    moved, dates = moved or {}, []
    for at, name, future, past in (
        (phase.opens_at, "opens_at", "opens", "Opened"),
        (phase.closes_at, "closes_at", "closes", "Closed"),
    ):
        if at is not None:
            label = capfirst(future) if now < at else past
            sentence = f"{phase.name} {future}"
            moved_from = moved.get(name)
            dates.append(
                PhaseDate(phase, at, label, sentence, is_reveal=False, moved_from=moved_from)
            )
    for (at, moved_from), words in _group_by_instant(phase, FOR_TEAMS, moved).items():
        sentence = f"Teams see their {words}"
        dates.append(PhaseDate(phase, at, sentence, sentence, moved_from=moved_from))
    for (at, moved_from), words in _group_by_instant(phase, FOR_EVERYBODY, moved).items():
        label = capfirst(words)
        dates.append(PhaseDate(phase, at, label, f"{label} are public", moved_from=moved_from))
    return sorted(dates, key=lambda date: date.at)


def list_without_date(phase: Phase) -> str:
    """Return in words what is shown to nobody, because no date says when; empty if nothing."""
    words = {**FOR_TEAMS, **FOR_EVERYBODY}
    return _join(word for thing, word in words.items() if instant_of(thing, phase) is None)


def find_current_phase(phases: Sequence[Phase], now: datetime) -> Phase | None:
    """Return the phase that opened last and goes on, or else the next, or else the last.

    The phases are in order of opening. Drafts and retired phases come last.
    """
    rows = [phase for phase in phases if phase.is_current] or list(phases)
    opened = [phase for phase in rows if phase.opens_at <= now]
    going_on = [phase for phase in opened if not is_over(phase, now)]
    return next(iter([*going_on[::-1], *rows[len(opened) :], *opened[::-1]]), None)


def is_over(phase: Phase, now: datetime) -> bool:
    """Return whether a phase takes no submissions any more."""
    return phase.closes_at is not None and phase.closes_at <= now


def _group_by_instant(
    phase: Phase, words: Mapping[Thing, str], moved: Mapping[str, datetime]
) -> dict[tuple[datetime, datetime | None], str]:
    """Return what is shown from which instant on, and which instant that was before."""
    groups: dict[tuple[datetime, datetime | None], list[str]] = defaultdict(list)
    for thing, word in words.items():
        if at := instant_of(thing, phase):
            groups[at, moved.get(DATE_OF[thing])].append(word)
    return {instants: _join(group) for instants, group in groups.items()}


def _join(words: Iterable[str]) -> str:
    return get_text_list(list(words), "and")
