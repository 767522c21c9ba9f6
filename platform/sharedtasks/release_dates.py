"""The dates of a phase as a whole: what each does, and which orders of them make no sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

DateName = Literal[
    "opens_at",
    "closes_at",
    "own_scores_at",
    "logs_at",
    "board_at",
    "team_names_at",
    "outputs_at",
    "references_at",
]
Dates = Mapping[DateName, datetime | None]  # all of a phase's dates


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date of a phase, as the release calendar explains it."""

    name: DateName
    label: str
    meaning: str  # what happens then


DATES = {
    date.name: date
    for date in (
        CalendarDate(
            "opens_at", "Opens", "uploads are taken; sources and terminologies are public"
        ),
        CalendarDate("closes_at", "Closes", "uploads that begin later are refused"),
        CalendarDate("own_scores_at", "Own scores", "each team sees the scores of its own entries"),
        CalendarDate("logs_at", "Logs of runs", "each team sees the logs of its own runs"),
        CalendarDate(
            "board_at", "Leaderboards", "everyone sees the scores and how many terms are required"
        ),
        CalendarDate("team_names_at", "Names", "leaderboards name teams and systems"),
        CalendarDate("outputs_at", "Outputs", "everyone reads the translations of all teams"),
        CalendarDate("references_at", "References", "everyone reads and downloads the references"),
    )
}
REVEALS: tuple[DateName, ...] = tuple(
    name for name in DATES if name not in ("opens_at", "closes_at")
)

# What must not be shown while uploads are taken, and why. Development and post-evaluation phases
# usually show scores and leaderboards from the opening on.
_NEVER_WHILE_OPEN: Mapping[DateName, str] = {
    "references_at": "Teams could read the references and still submit.",
    "outputs_at": "Teams could copy the translations of others and still submit.",
}
_NOT_WHILE_A_BLIND_TEST_IS_OPEN: Mapping[DateName, str] = {
    "own_scores_at": "Teams could choose their systems by the scores of the blind test.",
    "board_at": "Teams could choose their systems by the scores of the blind test.",
    "team_names_at": "Teams could see who takes part and still submit.",
}

# A date that is in the past when it is saved, and one that was in the past and no longer is.
_TURNS: Mapping[DateName, tuple[str, str]] = {
    "opens_at": (
        "The phase opens at once: the date is in the past.",
        "The phase closes until it opens again. What has been downloaded cannot be taken back.",
    ),
    "closes_at": (
        "The phase closes at once: the date is in the past.",
        "The phase opens again: uploads are taken until the new closing.",
    ),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A date that makes no sense beside the others; it is saved if somebody says it is meant."""

    name: DateName
    text: str


def find_doubts(dates: Dates, *, kind: str) -> list[Doubt]:
    """Return the dates that show something before the opening, or while uploads are taken."""
    opens, closes = dates["opens_at"], dates["closes_at"]
    assert opens is not None  # the only date that is always set
    reasons = dict(_NEVER_WHILE_OPEN) if kind != "post" else {}
    if kind == "blind":
        reasons |= _NOT_WHILE_A_BLIND_TEST_IS_OPEN
    return list(_compare(dates, opens, closes, reasons))


def _compare(
    dates: Dates, opens: datetime, closes: datetime | None, reasons: Mapping[DateName, str]
) -> Iterator[Doubt]:
    for name in REVEALS:
        at = dates[name]
        if at is None:
            continue
        shown = f"{DATES[name].label} would be shown"
        if name in reasons and closes is None:
            yield Doubt(name, f"{shown} although the phase never closes. {reasons[name]}")
        elif name in reasons and closes is not None and at < closes:
            length = write_length(closes - at)
            yield Doubt(name, f"{shown} {length} before the closing. {reasons[name]}")
        elif at < opens:
            length = write_length(opens - at)
            yield Doubt(name, f"{shown} {length} before the opening. Nothing is there by then.")


def find_surprises(old: Dates, new: Dates, *, now: datetime) -> list[Doubt]:
    """Return what an announced phase would show, hide, open or close the moment it is saved."""
    return [
        Doubt(name, _explain_turn(date, old[name], becomes_past=_is_past(new[name], now)))
        for name, date in DATES.items()
        if _is_past(old[name], now) != _is_past(new[name], now)
    ]


def _explain_turn(date: CalendarDate, old: datetime | None, *, becomes_past: bool) -> str:
    if date.name in _TURNS:
        return _TURNS[date.name][0 if becomes_past else 1]
    if becomes_past:
        return (
            f"{date.label} are shown at once: the date is in the past. What somebody has seen or "
            "downloaded cannot be taken back."
        )
    return (
        f"{date.label} have been shown since {old:%d %b %Y, %H:%M} UTC. Hiding them does not take "
        "back what has been read or downloaded."
    )


def write_length(length: timedelta) -> str:
    """Return a length of time in words, its two largest units: `2 days 2 h`."""
    minutes = int(length.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"{max(minutes, 1)} min"


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
