"""The rules, in order: one listed term → entries, with everything that was done to it.

A rule changes what is certain and leaves the rest as listed, reported. No alternative is lost
without a message; spelling, case, articles and inner punctuation are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.formats.terminologies.brackets import expand, expand_source, remove_notes
from evaluator.formats.terminologies.changes import Findings, quote
from evaluator.formats.terminologies.listed import ListedTerm
from evaluator.formats.terminologies.separators import doubt, report_split, split, trim
from evaluator.formats.terminologies.texts import clean, same_form


@dataclass(frozen=True, slots=True)
class Entry:
    """One source expression of a listed term with all its translations."""

    line: int
    id: str
    source: str
    targets: tuple[str, ...]
    seen: bool | None
    file: str


def entries_of(term: ListedTerm, language: str, file: str, findings: Findings) -> list[Entry]:
    """Apply the rules; `language` is the targets'. No entry if a side is empty, with a finding."""
    source = _cleaned(term.source, findings)
    cells = [_cleaned(cell, findings) for cell in term.targets]
    if term.is_literal:
        sources, targets = [source], _distinct(cells)
    else:
        targets = _distinct([f for c in cells for f in _targets(c, source, language, findings)])
        sources = _sources(source, cells, targets, findings)
    if not any(sources) or not targets:
        empty = [*(["source"] if not any(sources) else []), *(["target"] if not targets else [])]
        findings.messages.clear()
        findings.add("dropped", f"Empty: {' and '.join(empty)}.")
        return []
    return [Entry(term.line, term.id, s, tuple(targets), term.seen, file) for s in sources]


def _cleaned(text: str, findings: Findings) -> str:
    done = clean(text)
    if done != text.strip():
        findings.add("cleaned", f"Invisible characters or layout removed from {quote(done)}.")
    return done


def _distinct(forms: list[str]) -> list[str]:
    kept: dict[str, str] = {}
    for form in forms:
        if form:
            kept.setdefault(same_form(form), form)
    return list(kept.values())


def _targets(cell: str, source: str, language: str, findings: Findings) -> list[str]:
    pieces = split(cell, source)
    if len(pieces) > 1:
        report_split(pieces, "Target", findings)
    forms = []
    findings.forms += len(pieces)
    for piece in pieces:
        for noted in remove_notes(trim(piece, findings), findings):
            for form in expand(noted, source, language, findings):
                doubt(form, source, findings)
                forms.append(form)
    return forms


def _sources(cell: str, cells: list[str], targets: list[str], findings: Findings) -> list[str]:
    """A source is split only if there is one translation: else which belongs to which?"""
    listed = " ".join(cells)
    # A colon in a source introduces; only targets are listed with it.
    pieces = split(cell, listed + ":") if len(targets) == 1 else [cell]
    if len(pieces) > 1:
        report_split(pieces, "Source", findings)
    forms = []
    findings.forms += len(pieces)
    for piece in pieces:
        noted = remove_notes(trim(piece, findings), findings, is_source=True)[0]
        form = expand_source(noted, listed, findings)
        doubt(form, listed, findings)
        forms.append(form)
    return _distinct(forms)
