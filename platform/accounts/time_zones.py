"""The time zones that people choose from, by region."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

UTC = "UTC"
MAX_NAME = 50
# What else the system knows are older names for the same, and offsets that no place keeps.
REGIONS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia"),
        *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    }
)


@cache
def list_choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Return UTC and the zones of each region, as a form's field takes them."""
    regions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if region in REGIONS:
            regions[region].append((name, place.replace("_", " ").replace("/", ", ")))
    return [(UTC, UTC), *regions.items()]


def known_zone(name: str) -> None:
    """Refuse a name that is not a time zone's."""
    if name not in available_timezones():
        raise ValidationError(f"There is no time zone {name!r}. Choose one from the list.")
