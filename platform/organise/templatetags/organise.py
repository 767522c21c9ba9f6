"""Filters of organisers' pages: instants on several clocks, and how far away they are."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sharedtasks.announcement import make_key
from sharedtasks.date_input import AOE

register = template.Library()
register.filter("part_key", make_key)

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
FEW_DAYS = 3  # of which hours are told as well


@register.filter
def clock(value: datetime, zone: str) -> SafeString:
    """Write an instant as a clock shows it in a zone: `Fri 24 Jul 2026, 23:59`."""
    return _write(value, zone, "%b %Y, %H:%M")


@register.filter
def short_clock(value: datetime, zone: str) -> SafeString:
    """Write the same without the year."""
    return _write(value, zone, "%b, %H:%M")


@register.filter
def two_clocks(value: datetime) -> SafeString:
    """Write an instant in AoE and UTC, the day again only where it is another."""
    aoe, utc = value.astimezone(AOE), value.astimezone(UTC)
    second = f"{utc:%H:%M}" if aoe.date() == utc.date() else _write(value, "UTC", "%b, %H:%M")
    return format_html("{} AoE · {} UTC", _write(value, "AoE", "%b, %H:%M"), second)


def _write(value: datetime, zone: str, rest: str) -> SafeString:
    there = value.astimezone(AOE if zone == "AoE" else ZoneInfo(zone))
    return format_html(
        '<time datetime="{}">{} {} {}</time>',
        value.astimezone(UTC).isoformat(timespec="seconds"),
        there.strftime("%a"),
        there.day,
        there.strftime(rest),
    )


@register.filter
def distance(value: datetime) -> str:
    """Write how far an instant is from now: `in 2 days 2 h`, `10 days ago`."""
    seconds = (value - timezone.now()).total_seconds()
    return f"in {span(seconds)}" if seconds >= 0 else f"{span(-seconds)} ago"


@register.filter
def span(seconds: float) -> str:
    """Write a length of time in its largest unit, and in the next where that matters."""
    if seconds < MINUTE:
        return "less than a minute"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    days, rest = divmod(int(seconds), DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    if not days:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    written = f"{days} day{'' if days == 1 else 's'}"
    return f"{written} {hours} h" if hours and days < FEW_DAYS else written
