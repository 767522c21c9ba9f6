"""Dates as organisers write them. What could be read in two ways is refused, with the remedy.

A library that guesses (dateutil) reads `03/04/2026` as a day in March and fills in a missing year.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

AOE = timezone(timedelta(hours=-12), "AoE")  # anywhere on earth: the last place where it is today
ZONES = {"aoe": AOE, "utc": UTC, "gmt": UTC}
EXAMPLE = "2026-07-24 23:59"
FORMATS = (
    "%Y-%m-%d %H:%M",
    "%d %b %Y %H:%M",
    "%d %B %Y %H:%M",
    "%b %d %Y %H:%M",
    "%B %d %Y %H:%M",
)
YEARS = range(2000, 2100)  # far from the ends of the calendar, so that zones can be subtracted
MAX_CHARACTERS = 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS_ONLY = re.compile(r"\A\d{1,2}[./]\d{1,2}[./]")


class DateError(ValueError):
    """A text that is not a date; the message says what to write."""


def read_instant(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant in UTC, None for an empty text. Raises DateError.

    The text may begin with a weekday, which has to be right, and end with AoE, UTC or an offset
    such as +02:00, which then count instead of `zone`.
    """
    if len(text) > MAX_CHARACTERS:
        raise DateError(f"This is too long for a date. Write {EXAMPLE}")
    words = text.replace(",", " ").split()
    if not words:
        return None
    weekday = _find_weekday(words[0])
    if weekday is not None:
        words = words[1:]
    if words and words[-1].lower() in ZONES:
        zone = ZONES[words.pop().lower()]
    there = _parse(" ".join(words))
    if there.year not in YEARS:
        raise DateError(f"The year {there.year} is out of range. Write {EXAMPLE}")
    if weekday is not None and weekday != there.weekday():
        raise DateError(
            f"{there:%d %b %Y} is a {there:%A}, not a {WEEKDAYS[weekday].capitalize()}. "
            "Correct the day or the weekday."
        )
    return (there if there.tzinfo else there.replace(tzinfo=zone)).astimezone(UTC)


def write_instant(instant: datetime | None, zone: tzinfo) -> str:
    """Return the text of a field, which `read_instant` reads."""
    return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _find_weekday(word: str) -> int | None:
    """Return the number of a weekday, Monday 0: `Fri`, `Friday`, `fri.`."""
    word = word.lower().rstrip(".")
    names = [name for name in WEEKDAYS if len(word) >= 3 and name.startswith(word)]
    return WEEKDAYS.index(names[0]) if names else None


def _parse(text: str) -> datetime:
    """Return the date, with a zone only if the text has an offset. Raises DateError."""
    if re.search(r"\d:\d\d", text):
        for form in FORMATS:
            try:
                return datetime.strptime(text, form)
            except ValueError:
                continue
        try:
            return datetime.fromisoformat(text)  # 2026-07-24T23:59+02:00
        except ValueError:
            pass
    raise DateError(_explain(text))


def _explain(text: str) -> str:
    if not re.search(r"\d{4}", text):
        return f"Write the year, too: {EXAMPLE}"
    if not re.search(r"\d:\d\d", text):
        return f"Write the time, too: {EXAMPLE}"
    if NUMBERS_ONLY.match(text):
        return f"Day and month could be read in two ways. Write {EXAMPLE} or 24 July 2026 23:59"
    return f"This is not a date that we can read. Write {EXAMPLE} or 24 July 2026 23:59"
