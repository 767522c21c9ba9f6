"""Words that several metrics use to describe the parts of a score."""

from __future__ import annotations

from evaluator.metrics.base import Details

# The parts of a score that count the segments in which a search ended at its bound.
STOPPED_COUNTS = ("flagged", "stopped_searches")
STOPPED_MARK = "*"  # after such a number in a table
STOPPED_NOTE = f"{STOPPED_MARK} A search was cut short in some segments"  # below the table


def count_stopped(details: Details) -> dict[str, int]:
    """Return in how many segments a search was cut short, by part; {} if in none."""
    counts = {name: int(details.get(name, 0)) for name in STOPPED_COUNTS}
    return {name: count for name, count in counts.items() if count}


def write_number(details: Details, name: str) -> str:
    """Write a count with separators; 0 if it is absent."""
    return f"{int(details.get(name, 0)):,}"


def write_segments(count: int) -> str:
    """Write a number of segments."""
    return "1 segment" if count == 1 else f"{count:,} segments"


def write_flagged(details: Details) -> str:
    """Write in how many segments a bound on the work was hit; empty if in none."""
    count = int(details.get("flagged", 0))
    return f"; search cut short in {write_segments(count)}" if count else ""


def write_stopped(details: Details) -> str:
    """Write in how many segments a search for shifts was stopped; empty if in none."""
    count = int(details.get("stopped_searches", 0))
    return f"search for shifts cut short in {write_segments(count)}" if count else ""
