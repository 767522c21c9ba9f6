"""The dates of phases in words, and the phase that organisers look at now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst, get_text_list

from sharedtasks.models import Phase
from sharedtasks.policy import Thing, instant_of

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

    @property
    def is_deadline(self) -> bool:
        """Return whether submissions end then."""
        return self.at == self.phase.closes_at


def list_dates(phase: Phase, now: datetime) -> list[PhaseDate]:
    """Return the dates of a phase, the earliest first."""
    opens = "Opens" if now < phase.opens_at else "Opened"
    dates = [PhaseDate(phase, phase.opens_at, opens, f"{phase.name} opens", is_reveal=False)]
    if phase.closes_at is not None:
        closes = "Closes" if now < phase.closes_at else "Closed"
        dates.append(
            PhaseDate(phase, phase.closes_at, closes, f"{phase.name} closes", is_reveal=False)
        )
    for at, words in _group_by_instant(phase, FOR_TEAMS).items():
        sentence = f"Teams see their {words}"
        dates.append(PhaseDate(phase, at, sentence, sentence))
    for at, words in _group_by_instant(phase, FOR_EVERYBODY).items():
        dates.append(PhaseDate(phase, at, capfirst(words), f"{capfirst(words)} are public"))
    return sorted(dates, key=lambda date: date.at)


def list_without_date(phase: Phase) -> str:
    """Return in words what is shown to nobody, because no date says when; empty if nothing."""
    words = {**FOR_TEAMS, **FOR_EVERYBODY}
    return _join(word for thing, word in words.items() if instant_of(thing, phase) is None)


def find_current_phase(phases: Sequence[Phase], now: datetime) -> Phase | None:
    """Return the phase that opened last, or else the next; phases are in order of opening."""
    opened = [phase for phase in phases if phase.opens_at <= now]
    open_now = [phase for phase in opened if phase.closes_at is None or now < phase.closes_at]
    return next(iter([*open_now[::-1], *phases[len(opened) :], *opened[::-1]]), None)


def is_over(phase: Phase, now: datetime) -> bool:
    """Return whether a phase takes no submissions any more."""
    return phase.closes_at is not None and phase.closes_at <= now


def _group_by_instant(phase: Phase, words: Mapping[Thing, str]) -> dict[datetime, str]:
    groups: dict[datetime, list[str]] = defaultdict(list)
    for thing, word in words.items():
        if at := instant_of(thing, phase):
            groups[at].append(word)
    return {at: _join(group) for at, group in groups.items()}


def _join(words: Iterable[str]) -> str:
    return get_text_list(list(words), "and")
