"""Filters for every template: numbers, times, states."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.conf.locale import LANG_INFO
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evaluator.normalise import find_gap, find_tag, name_of

register = template.Library()

MINUS = "−"
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400  # seconds


@register.filter
def score(value: float, decimals: int) -> str:
    """Write a score with a real minus sign; −0.0 is 0.0."""
    written = f"{value:.{decimals}f}"
    if float(written) == 0:
        written = written.lstrip("-")
    return written.replace("-", MINUS)


@register.filter
def exact(value: float) -> str:
    """Write every digit, as a program would read it."""
    return repr(value)


@register.filter
def language(code: str) -> str:
    """Write a BCP 47 code as the language's English name."""
    if code == "zh":  # Django's table knows its scripts only
        return "Chinese"
    name = LANG_INFO.get(code.lower(), {}).get("name")
    if name:  # CLDR's names take 30 MB of memory
        return str(name)
    return name_of(code) if find_tag(code) else code


@register.filter
def language_gap(code: str, lemmatiser: str) -> str:
    """Write what our metrics lack for a target language; nothing where they have it all.

    `lemmatiser` is the test set's own, empty for what the language has.
    """
    gap = find_gap(code, lemmatiser or None)
    return gap.describe(f"{language(code)} ({code})") if gap else ""


@register.filter
def ago(value: datetime) -> SafeString:
    """Write how long ago, with the instant on hover."""
    instant = value.astimezone(timezone.get_default_timezone())
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        instant.isoformat(timespec="seconds"),
        instant.strftime("%Y-%m-%d %H:%M:%S"),
        _write_ago((timezone.now() - value).total_seconds(), instant),
    )


def _write_ago(seconds: float, instant: datetime) -> str:
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h ago"
    if seconds < WEEK:
        days = int(seconds // DAY)
        return "yesterday" if days == 1 else f"{days} days ago"
    return f"{instant.day} {instant:%b %Y}"


@register.filter
def utc(value: datetime) -> SafeString:
    """Write an instant in full."""
    instant = value.astimezone(timezone.get_default_timezone())
    return format_html(
        '<time datetime="{}">{} {}</time>',
        instant.isoformat(timespec="seconds"),
        instant.day,
        instant.strftime("%b %Y, %H:%M UTC"),
    )


@register.filter
def difference(value: float, decimals: int) -> str:
    """Write a difference of two scores with its sign; none where it rounds to nothing."""
    written = score(value, decimals)
    return written if float(written.replace(MINUS, "-")) <= 0 else f"+{written}"
