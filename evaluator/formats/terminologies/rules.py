"""The rules, in order: a listed term → entries, with everything that was done to it.

A rule changes what is certain; the rest stays as listed and is reported. No alternative is lost
without a message. Spelling, case, articles and inner punctuation are never touched.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from dataclasses import dataclass
from functools import lru_cache

from evaluator.formats.terminologies.brackets import expand, expand_source, remove_notes
from evaluator.formats.terminologies.changes import Findings, quote, quote_all
from evaluator.formats.terminologies.listed import ListedTerm
from evaluator.formats.terminologies.texts import clean, find_brackets, same_form

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
# What a text hardly ever has in exactly this form.
STRANGE = {
    "quotation marks": re.compile(r'["“”„«»「」『』]'),
    "an ellipsis": re.compile(r"…|\.\.\."),
    "signs that are no words": re.compile(r"[\[\]{}<>=*_~|]"),
    "an entity": ENTITY,
}


@dataclass(frozen=True, slots=True)
class TermEntry:
    """A source expression of a listed term with all its translations."""

    line: int
    id: str
    source: str
    targets: tuple[str, ...]
    seen: bool | None
    file: str


def build_entries(
    term: ListedTerm, language: str, file: str, findings: Findings
) -> list[TermEntry]:
    """Apply the rules; `language` is the targets'. No entry if a side is empty, with a finding."""
    source = _clean(term.source, findings)
    cells = [_clean(cell, findings) for cell in term.targets]
    if term.is_literal:
        sources, targets = [source], _drop_repeated(cells)
    else:
        forms = [f for cell in cells for f in _read_targets(cell, source, language, findings)]
        targets = _drop_repeated(forms)
        sources = _read_sources(source, cells, targets, findings)
    sides = {"source": any(sources), "target": bool(targets)}
    if not all(sides.values()):
        findings.messages.clear()
        empty = [side for side, is_filled in sides.items() if not is_filled]
        findings.add("dropped", f"Empty: {' and '.join(empty)}.")
        return []
    return [TermEntry(term.line, term.id, s, tuple(targets), term.seen, file) for s in sources]


def _clean(text: str, findings: Findings) -> str:
    cleaned = clean(text)
    if cleaned != text.strip():
        findings.add("cleaned", f"Invisible characters or layout removed from {quote(cleaned)}.")
    return cleaned


def _drop_repeated(forms: list[str]) -> list[str]:
    """Return the forms that are not empty, each once."""
    kept: dict[str, str] = {}
    for form in forms:
        if form:
            kept.setdefault(same_form(form), form)
    return list(kept.values())


def _read_targets(cell: str, source: str, language: str, findings: Findings) -> list[str]:
    """Return the forms that a cell of targets accepts."""
    pieces = split(cell, source)
    if len(pieces) > 1:
        findings.add("split", f"Target split into {len(pieces)}: {quote_all(pieces)}.")
    findings.forms += len(pieces)
    forms = []
    for piece in pieces:
        for noted in remove_notes(trim(piece, findings), findings):
            for form in expand(noted, source, language, findings):
                doubt(form, source, findings)
                forms.append(form)
    return forms


def _read_sources(cell: str, cells: list[str], targets: list[str], findings: Findings) -> list[str]:
    """Return the sources of a cell, split only if there is a single translation.

    With several translations nobody knows which of them belongs to which source.
    """
    listed = " ".join(cells)
    # A colon in a source introduces; only targets are listed with it.
    pieces = split(cell, listed + ":") if len(targets) == 1 else [cell]
    if len(pieces) > 1:
        findings.add("split", f"Source split into {len(pieces)}: {quote_all(pieces)}.")
    findings.forms += len(pieces)
    forms = []
    for piece in pieces:
        noted = remove_notes(trim(piece, findings), findings, is_source=True)[0]
        form = expand_source(noted, listed, findings)
        doubt(form, listed, findings)
        forms.append(form)
    return _drop_repeated(forms)


def split(cell: str, other: str) -> list[str]:
    """Return the alternatives of a cell; none only if the cell is empty.

    Not split: text in brackets, entities, ratios (1 : 10), a separator that the other side of
    the row has too (then it belongs to the term, except the bar), and cells whose brackets do
    not pair up.
    """
    brackets = find_brackets(cell)
    if brackets is None or not SEPARATOR.search(cell):
        return [cell] if cell else []
    kept = {_plain(character) for character in other} - {"|"}
    entities = {match.end() - 1 for match in ENTITY.finditer(cell)}
    starts = [first for first, _ in brackets]
    pieces, start = [], 0
    for match in SEPARATOR.finditer(cell):
        mark = _plain(match[0])
        is_ratio = mark in (":", "/") and (
            cell[match.start() - 1].isdigit() and cell[match.end()].isdigit()
        )
        if mark in kept or match.start() in entities or is_ratio:
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
    """Report a form that may be more than a term; it stays as listed."""
    names = [name for name, sign in STRANGE.items() if sign.search(form)]
    for name, sign in ONE_SIDED.items():
        if sign.search(form) and not sign.search(other):
            names.append(name)
    if names:
        findings.add("doubtful", f"{quote(form)} holds {' and '.join(names)}: kept as listed.")
