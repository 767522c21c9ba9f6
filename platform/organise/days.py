"""The drawing of submissions per day: numbers and words for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, GROUND, HIGHEST = 580, 140, 108  # units
GAP = 12  # between bars
MOST_AHEAD = 3  # days after today that show the closing
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayBar:
    """A day: its number of submissions, and where the bar stands."""

    label: str  # the day of the month
    count: int | None  # None: the day has not begun
    x: int
    height: int
    is_today: bool

    @property
    def y(self) -> int:
        """Return the upper edge."""
        return GROUND - self.height


@dataclass(frozen=True, slots=True)
class DaysDrawing:
    """All of it."""

    bars: Sequence[DayBar]
    width: int  # of a bar
    deadline: int | None  # where the phase closes, if that is on these days
    summary: str  # for readers who do not see it

    @property
    def middle(self) -> int:
        """Return the distance from a bar's left edge to its middle."""
        return self.width // 2


def draw_days(
    days: Sequence[tuple[datetime, int]], closes_at: datetime | None, now: datetime
) -> DaysDrawing | None:
    """Return the drawing of days and their numbers of submissions; None without any day."""
    if not days:
        return None
    first, last = days[0][0], days[-1][0]
    ahead: list[tuple[datetime, int | None]] = []
    if closes_at is not None and last + DAY <= closes_at < last + (MOST_AHEAD + 1) * DAY:
        ahead = [(last + n * DAY, None) for n in range(1, (closes_at - last) // DAY + 1)]
    shown = [*days, *ahead]
    slot, highest = WIDTH // len(shown), max((count for _, count in days), default=0)
    bars = [
        DayBar(
            label=str(day.day),
            count=count,
            x=number * slot + GAP // 2,
            height=HIGHEST * (count or 0) // max(highest, 1),
            is_today=day <= now < day + DAY,
        )
        for number, (day, count) in enumerate(shown)
    ]
    is_near = closes_at is not None and first <= closes_at < shown[-1][0] + DAY
    deadline = int(slot * ((closes_at - first) / DAY)) if closes_at and is_near else None
    counts = ", ".join(f"{day.day} {day:%B}: {count}" for day, count in days)
    return DaysDrawing(bars, slot - GAP, deadline, f"Submissions per day. {counts}.")
