"""Puts the rows of a file together: segments, documents, lists of terms, and the unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.test_sets.rows import (
    AnyRow,
    Contents,
    DocumentRow,
    ListRow,
    Options,
    TestSetRow,
    build_segments,
    number_given,
    number_terms,
)
from evaluator.types import (
    DEFAULT_DELIMITER,
    Document,
    Term,
    Terminology,
    TermList,
    Unit,
    UnscoredSegment,
)


def build_contents(rows: Sequence[AnyRow], options: Options, log: ProblemLog) -> Contents:
    """Return what the rows of a file hold together; their faults go to `log`."""
    own = "random" if options.mode == "random" else "proper"
    segments = [_place_row(row, own, options) for row in rows if isinstance(row, TestSetRow)]
    documents = _read_documents(rows, segments, log)
    is_unit = any(document.is_unit for document in documents.values())
    unit: Unit = options.unit or ("document" if is_unit else "segment")
    described = _describe_documents(segments, documents, unit, options)
    _report_breaks(segments, described, unit, log)
    scored = [row for row in segments if row.is_scored]
    terminology, others = _collect_lists(rows, scored, own, options)
    return Contents(
        build_segments(scored, log, references_required=options.references_required),
        tuple(
            UnscoredSegment(place, row.id, row.document, row.source, number_given(row.terms))
            for place, row in enumerate(segments)
            if not row.is_scored
        ),
        unit=unit,
        documents=described,
        terminology=terminology,
        other_lists=others,
    )


def _place_row(row: TestSetRow, own: str, options: Options) -> TestSetRow:
    """Return a row with the terms of its own list, unscored if its document is left out."""
    if row.lists and own in row.lists:
        row = replace(row, terms=row.lists[own])
    if row.document in options.leave_out:
        row = replace(row, is_scored=False)
    return row


def _read_documents(
    rows: Sequence[AnyRow], segments: Sequence[TestSetRow], log: ProblemLog
) -> dict[str, DocumentRow]:
    """Return what is said of documents by name; report repeated and unknown names."""
    known = {row.document for row in segments}
    documents: dict[str, DocumentRow] = {}
    for row in rows:
        if not isinstance(row, DocumentRow):
            continue
        if row.document in documents:
            log.add(f"Document {row.document} is described twice. Keep one line.", line=row.line)
        elif row.document not in known:
            log.add(f"There is no segment{in_document(row.document)}. Check “doc”.", line=row.line)
        documents.setdefault(row.document, row)
    return documents


def _describe_documents(
    segments: Sequence[TestSetRow],
    documents: Mapping[str, DocumentRow],
    unit: Unit,
    options: Options,
) -> tuple[Document, ...]:
    """Return the documents of which something is said; all of them where they are the unit.

    A document of a single paragraph has no delimiter.
    """
    paragraphs = Counter(row.document for row in segments)
    described = []
    for name, count in paragraphs.items():
        row = documents.get(name)
        terms = None if row is None else number_given(row.terms)
        if unit == "segment":
            if terms is not None:
                described.append(Document(name, terms))
            continue
        delimiter = options.delimiter
        if delimiter is None:
            delimiter = row.delimiter if row is not None and row.is_unit else DEFAULT_DELIMITER
        described.append(Document(name, terms, delimiter if count > 1 else None))
    return tuple(described)


def _report_breaks(
    segments: Sequence[TestSetRow], documents: Sequence[Document], unit: Unit, log: ProblemLog
) -> None:
    """Report texts that hold a line break where a segment, or a paragraph, cannot have it."""
    delimiters = {document.id: document.delimiter for document in documents}
    counts = Counter(row.document for row in segments)
    for row in segments:
        if unit == "document":
            delimiter = delimiters[row.document]
            if counts[row.document] > 1 and delimiter is None:
                log.add(
                    f"Document {row.document} has several paragraphs and no delimiter. Name it: "
                    '"delimiter": "\\n\\n".',
                    line=row.line,
                )
                counts[row.document] = 0  # reported once
            elif delimiter and delimiter in row.source:
                log.add(
                    "The paragraph holds the delimiter of its document. Make two paragraphs of it, "
                    "or name another delimiter.",
                    line=row.line,
                    segment=row.id,
                )
            continue
        for key, text in (("source", row.source), *(("references", t) for t in row.references)):
            if "\n" in text or "\r" in text:
                log.add(
                    f'"{key}" holds a line break. Replace it by a space, or say that documents are '
                    'the unit: {"doc": "…", "delimiter": null}.',
                    line=row.line,
                    segment=row.id,
                )


def _collect_lists(
    rows: Sequence[AnyRow], scored: Sequence[TestSetRow], own: str, options: Options
) -> tuple[Terminology | None, tuple[TermList, ...]]:
    """Return the own list of the whole test set, and all other lists by first appearance."""
    make = partial(Terminology, *options.pair)
    whole = {row.name: make(number_terms(row.terms)) for row in rows if isinstance(row, ListRow)}
    names = dict.fromkeys(whole)
    names |= dict.fromkeys(name for row in scored for name, terms in row.lists.items() if terms)
    others = tuple(
        TermList(name, whole.get(name), (), _list_segments(scored, name))
        for name in names
        if name != own
    )
    return whole.get(own), others


def _list_segments(scored: Sequence[TestSetRow], name: str) -> tuple[tuple[Term, ...] | None, ...]:
    """Return each segment's terms of a list; () where no segment has the list."""
    if not any(name in row.lists for row in scored):
        return ()
    return tuple(number_terms(row.lists[name]) if name in row.lists else None for row in scored)
