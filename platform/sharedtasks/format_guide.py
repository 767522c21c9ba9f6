"""The formats of hypotheses, as the pages on submitting show them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Template

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from evaluator.formats import FORMATS, HypothesisFormat

FIRST = "Prenez un comprimé après le repas."
SECOND = "Appelez-nous si la fièvre persiste."


@dataclass(frozen=True, slots=True)
class FormatGuide:
    """What the page on submitting says about a format."""

    title: str
    suffix: str
    help: SafeString
    example: SafeString


def describe_formats() -> list[FormatGuide]:
    """Return what to say about each format that is read, plain text first."""
    return [_describe(known) for known in _list_hypothesis_formats()]


def _list_hypothesis_formats() -> list[HypothesisFormat]:
    return list(FORMATS.values())[::-1]


def _describe(known: HypothesisFormat) -> FormatGuide:
    first, second = (format_html('<span lang="fr">{}</span>', text) for text in (FIRST, SECOND))
    example = Template(escape(known.example)).substitute(first=first, second=second)
    help_text = re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(known.help))
    return FormatGuide(known.title, known.suffix, mark_safe(help_text), mark_safe(example))


def list_formats() -> str:
    """Return the formats' titles in a row: `Plain text (one segment a line), … or WMT SGML`."""
    *others, last = [
        f"{known.title} ({known.hint})" if known.hint else known.title
        for known in _list_hypothesis_formats()
    ]
    return f"{', '.join(others)} or {last}"
