"""Filters of the pages about shared tasks: organisers' texts, and instants three ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from django import template
from django.utils import timezone as django_timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from evaluator.container import Limits, in_bytes
from sharedtasks.date_input import AOE

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
NO_BREAK = "\u00a0"  # a space
KEPT_TEXTS = 64  # rendered texts of organisers that a process keeps
DEEPEST = 6  # level of headings
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


@register.filter
@lru_cache(maxsize=KEPT_TEXTS)  # rendered once per change: the text is the key
def markdown(text: str) -> SafeString:
    """Write CommonMark, with tables, as HTML; HTML in it is text, its headings go below ours."""
    tokens = PARSER.parse(text)
    _nest_headings(tokens)
    _align_by_class(tokens)
    # Safe: the parser escapes all that it does not write itself, and refuses script addresses.
    return SafeString(PARSER.renderer.render(tokens, PARSER.options, {}))


def _nest_headings(tokens: Sequence[Token]) -> None:
    """Let headings begin below the headings of the page, without skipping a level."""
    above: list[int] = []
    for opening, _, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "heading_open":
            level = int(opening.tag[1:])
            above = [*(higher for higher in above if higher < level), level]
            opening.tag = closing.tag = f"h{min(len(above) + 1, DEEPEST)}"


def _align_by_class(tokens: Sequence[Token]) -> None:
    """Replace the parser's inline styles, which our content security policy refuses."""
    for token in tokens:
        style = token.attrs.pop("style", "")
        if style == "text-align:right":
            token.attrSet("class", "number")


@register.filter
def utc(value: datetime) -> SafeString:
    """Write an instant in UTC, without saying so: `3 Dec 2026, 12:00`."""
    return _write_time(value, UTC)


@register.filter
def aoe(value: datetime) -> SafeString:
    """Write an instant as the clock stands anywhere on earth."""
    return _write_time(value, AOE)


def _write_time(value: datetime, zone: tzinfo) -> SafeString:
    there = value.astimezone(zone)
    return format_html(
        '<time datetime="{}">{}</time>',
        _write_for_programs(value),
        f"{there.day} {there:%b %Y, %H:%M}",
    )


@register.filter
def local(value: datetime) -> SafeString:
    """Leave room for an instant in the reader's own time; deadlines.js fills it."""
    return format_html('<time class="local-time" datetime="{}"></time>', _write_for_programs(value))


@register.filter
def until(value: datetime) -> SafeString:
    """Write how long there is: `in 3 days`; deadlines.js lets it count down."""
    left = (value - django_timezone.now()).total_seconds()
    words = "in less than a minute"
    for length, unit in ((MINUTE, "minute"), (HOUR, "hour"), (DAY, "day")):
        if left >= length:
            number = int(left // length)
            words = f"in {number} {unit}{'s' if number > 1 else ''}"
    return format_html(
        '<time class="countdown" datetime="{}">{}</time>', _write_for_programs(value), words
    )


@register.filter
def limits(value: Limits) -> str:
    """Write what a run of a system may use, in words."""
    text = (
        f"{_write_duration(value.wall_time)}, {in_bytes(value.memory)} of memory without swap, "
        f"{value.cpus:g} processor{'' if value.cpus == 1 else 's'}, {value.processes:,} processes "
        f"and threads; {in_bytes(value.tmp)} in /tmp and {in_bytes(value.shared_memory)} of shared "
        f"memory, which are parts of the memory; {in_bytes(value.output)} of output, "
        f"{value.line:,} bytes a line"
    )
    return re.sub(r"(?<=\d) ", NO_BREAK, text)


def _write_duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _write_for_programs(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")
