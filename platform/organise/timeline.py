"""The drawing of a shared task's phases along time: numbers and words for an SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from organise.dates import PhaseDate, is_over, list_dates
from sharedtasks.date_input import AOE
from sharedtasks.models import Phase
from sharedtasks.schedule import PhaseState, find_phase_state

LEFT, RIGHT = 20, 1186  # of 1200 units
TOP, ROW, BELOW = 34, 32, 42  # heights: above the bars, of a phase, for the words below
LETTER = 7  # units that a letter is wide, about
MOST_TICKS = 12
DAY_STEPS, MONTH_STEPS = (1, 2, 7), (1, 3, 6, 12, 24, 60)
LOOKS: Mapping[PhaseState, str] = {
    "hidden": "ahead", "ahead": "ahead", "open": "open", "paused": "open",
    "closed": "past", "retired": "past",
}  # fmt: skip
LONG = timedelta(days=60)  # with months below it, not days


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place."""

    text: str
    x: int
    anchor: str = "start"

    @property
    def reach(self) -> tuple[int, int]:
        """Return where it begins and ends, about."""
        width = len(self.text) * LETTER
        return (self.x - width, self.x) if self.anchor == "end" else (self.x, self.x + width)


@dataclass(frozen=True, slots=True)
class Bar:
    """The time in which a phase is open; `y` is its upper edge."""

    look: str  # past, open, ahead
    x: int
    y: int
    width: int
    label: Label

    @property
    def baseline(self) -> int:
        """Return where its words stand."""
        return self.y + 17


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant from which something of a phase is shown."""

    x: int
    y: int  # of its middle
    text: str
    label: Label | None  # None: no room, so only a title has the words


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it; `deadline` is the next closing."""

    height: int
    ticks: Sequence[Label]
    bars: Sequence[Bar]
    marks: Sequence[Mark]
    now: Label
    deadline: Label | None
    summary: str  # for readers who do not see it


class _Scale:
    """From instants to places, from the earliest opening to the latest date."""

    def __init__(self, dates: Sequence[PhaseDate], now: datetime) -> None:
        instants = [now, *(date.at for date in dates)]
        self.begin = min(instants)
        # Room behind the last date, where phases without an end go on.
        self.end = max(instants) + max((max(instants) - self.begin) / 12, timedelta(hours=1))

    def find(self, at: datetime) -> int:
        """Return the place of an instant."""
        return LEFT + round((RIGHT - LEFT) * ((at - self.begin) / (self.end - self.begin)))


def draw(phases: Sequence[Phase], now: datetime) -> Drawing:
    """Return the drawing of phases, in order of opening; there is at least one."""
    dates = [list_dates(phase, now) for phase in phases]
    scale = _Scale([date for own in dates for date in own], now)
    bars, marks = [], []
    for number, (phase, own) in enumerate(zip(phases, dates, strict=True)):
        y = TOP + number * ROW
        bars.append(_draw_bar(phase, scale, now, y))
        taken = bars[-1].label.reach
        marks += _draw_marks([date for date in own if date.is_reveal], scale, y + 12, taken)
    running = [phase for phase in phases if phase.is_current and not is_over(phase, now)]
    closings = [phase.closes_at for phase in running if phase.closes_at]
    return Drawing(
        height=TOP + len(phases) * ROW + BELOW,
        ticks=[Label(text, scale.find(at)) for at, text in _list_ticks(scale.begin, scale.end)][
            :-1
        ],  # the last would stand at the edge
        bars=bars,
        marks=marks,
        now=_write_beside("now", scale.find(now)),
        deadline=_write_deadline(min(closings), scale) if closings else None,
        summary=" ".join(_summarise(phase, now) for phase in phases),
    )


def _draw_bar(phase: Phase, scale: _Scale, now: datetime, y: int) -> Bar:
    state = find_phase_state(phase, now)
    x = scale.find(phase.opens_at)
    width = max(scale.find(phase.closes_at or scale.end) - x, 3)
    word = "draft" if state == "hidden" else state
    text = f"{phase.name} · {word}{'' if phase.closes_at else ', stays open'}"
    room = len(text) * LETTER + 20
    stands_before = width < room <= x - LEFT
    label = Label(text, x - 8, "end") if stands_before else Label(text, x + 10)
    return Bar(LOOKS[state], x, y, width, label)


def _draw_marks(
    dates: Sequence[PhaseDate], scale: _Scale, y: int, taken: tuple[int, int]
) -> list[Mark]:
    """Return the marks of a phase, with words where there is room; the bar's words are there."""
    places = [scale.find(date.at) for date in dates]
    marks = []
    for date, x, after in zip(dates, places, [*places[1:], RIGHT + 14], strict=False):
        label = Label(date.label, x + 12)
        begin, end = label.reach
        has_room = end + 10 < after and (end < taken[0] or taken[1] < begin)
        marks.append(Mark(x, y, date.label, label if has_room else None))
    return marks


def _write_deadline(at: datetime, scale: _Scale) -> Label:
    there = at.astimezone(AOE)
    return _write_beside(f"closes {there.day} {there:%b, %H:%M} AoE", scale.find(at))


def _write_beside(text: str, x: int) -> Label:
    """Write right of a line, or left of it where there is no room."""
    return Label(text, x, "end" if x + len(text) * LETTER > RIGHT else "start")


def _list_ticks(begin: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    """Yield the days or months that divide the drawing, in UTC."""
    day = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if end - begin <= LONG:
        days = next((s for s in DAY_STEPS if (end - begin).days / s <= MOST_TICKS), DAY_STEPS[-1])
        while (day := day + timedelta(days=days)) < end:
            yield day, f"{day.day} {day:%b}"
        return
    months = (end - begin).days / 30
    step = next((s for s in MONTH_STEPS if months / s <= MOST_TICKS), MONTH_STEPS[-1])
    number = day.year * 12 + day.month - 1  # of months
    while (day := _find_month(number := number + step)) < end:
        yield day, f"{day:%B}" if step == 1 else f"{day:%b %Y}"


def _find_month(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _summarise(phase: Phase, now: datetime) -> str:
    state = find_phase_state(phase, now)
    if state in ("closed", "retired"):
        return f"{phase.name}: {state}."
    end = f"until {phase.closes_at:%d %B}" if phase.closes_at else "stays open"
    begin = "open" if phase.opens_at <= now else f"opens {phase.opens_at:%d %B}"
    return f"{phase.name}: {begin}, {end}."
