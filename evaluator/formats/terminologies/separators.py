"""Several alternatives in one cell: where it can be split with certainty, and where not."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from functools import lru_cache

from evaluator.formats.terminologies.changes import Findings, quote, quote_all
from evaluator.formats.terminologies.texts import bracketed

# Semicolon and bar wherever they stand, colon and slash only between spaces: 19:1, and/or.
SEPARATOR = re.compile(r"[;；|｜]|(?<=\S)\s[:：/／]\s(?=\S)")
ENTITY = re.compile(r"&#?\w{1,10};")  # its semicolon separates nothing
EDGE = re.compile(r"^[\s;；|｜,，、]+|[\s;；|｜,，、:：]+$")
# What looks like quotation marks around a whole cell: opening → closing.
QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "『": "』", "‘": "’"}

# What may separate alternatives, or not: kept, and reported if the other side has none.
ONE_SIDED = {
    "a comma": re.compile(r"[,，、]"),
    "a slash": re.compile(r"[/／]"),
    "a colon": re.compile(r"[:：]"),
    "a semicolon": re.compile(r"[;；]"),
    "a full stop at the end": re.compile(r"[.。]$"),
}
# What a text will hardly hold in just this form.
STRANGE = {
    "quotation marks": re.compile(r'["“”„«»「」『』]'),
    "an ellipsis": re.compile(r"…|\.\.\."),
    "signs that are no words": re.compile(r"[\[\]{}<>=*_~|]"),
    "an entity": ENTITY,
}


def split(cell: str, other: str) -> list[str]:
    """Return the alternatives of a cell, at least one unless it is empty.

    Not split: what stands in brackets, entities, ratios (1 : 10), a separator that the other
    side of the row holds as well (then it belongs to the term, but for the bar), and cells whose
    brackets don't pair up.
    """
    brackets = bracketed(cell)
    if brackets is None or not SEPARATOR.search(cell):
        return [cell] if cell else []
    kept = {_plain(character) for character in other} - {"|"}
    entities = {match.end() - 1 for match in ENTITY.finditer(cell)}
    starts = [first for first, _ in brackets]
    pieces, start = [], 0
    for match in SEPARATOR.finditer(cell):
        mark = _plain(match[0])
        if mark in kept or match.start() in entities or _is_ratio(cell, match, mark):
            continue
        opened = bisect(starts, match.start())
        if opened and match.start() < brackets[opened - 1][1]:
            continue
        pieces.append(cell[start : match.start()])
        start = match.end()
    pieces.append(cell[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


@lru_cache(maxsize=256)
def _plain(mark: str) -> str:
    return unicodedata.normalize("NFKC", mark).strip()


def _is_ratio(cell: str, match: re.Match[str], mark: str) -> bool:
    is_spaced = mark in (":", "/")
    return is_spaced and cell[match.start() - 1].isdigit() and cell[match.end()].isdigit()


def trim(form: str, findings: Findings) -> str:
    """Remove separators at the edges, and quotation marks around the whole form."""
    trimmed = form if "&" in form and ENTITY.search(form) else EDGE.sub("", form)
    closing = QUOTES.get(trimmed[:1])
    inside = trimmed[1:-1]
    if closing and trimmed.endswith(closing) and not STRANGE["quotation marks"].search(inside):
        trimmed = inside.strip()
    if not trimmed:
        return ""
    if trimmed != form:
        findings.add("cleaned", f"{quote(form)} became {quote(trimmed)}.")
    return trimmed


def doubt(form: str, other: str, findings: Findings) -> None:
    """Report what may be more than a term and was kept as listed."""
    names = [name for name, sign in STRANGE.items() if sign.search(form)]
    for name, sign in ONE_SIDED.items():
        if sign.search(form) and not sign.search(other):
            names.append(name)
    if names:
        findings.add("doubtful", f"{quote(form)} holds {' and '.join(names)}: kept as listed.")


def report_split(forms: list[str], side: str, findings: Findings) -> None:
    """Say into what a cell was split."""
    findings.add("split", f"{side} split into {len(forms)}: {quote_all(forms)}.")
