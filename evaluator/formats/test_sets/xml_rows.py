"""Test sets in WMT XML: one file with the sources and the references of all translators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.limits import Budget
from evaluator.formats.pairs_in_names import contradicts
from evaluator.formats.test_sets.rows import Row, Wanted
from evaluator.formats.wmt_xml import XmlSegment, read_xml


@dataclass(slots=True)
class _XmlRow:
    line: int
    source: str
    is_scored: bool
    references: dict[str, str] = field(default_factory=dict)


def read_xml_rows(
    data: bytearray, log: ProblemLog, budget: Budget, wanted: Wanted
) -> Iterator[Row]:
    """Yield the segments of the sources in file order, with the references of all translators.

    Those of test suites and of documents that are left out have no references.
    """
    rows: dict[tuple[str, str], _XmlRow] = {}
    translators: dict[str, None] = {}
    wrong: set[str] = set()
    parts = ("src",) if wanted.sources_only else ("src", "ref")
    for found in read_xml(data, log, parts=parts, suites=True):
        _check_language(found, wanted, wrong, log)
        budget.charge(found.text, found.id, line=found.line)
        if found.part == "src":
            _add_source(found, rows, wanted, log)
        elif found.document not in wanted.leave_out:
            translators.setdefault(found.by)
            _add_reference(found, rows, log)
    scored = {key: row for key, row in rows.items() if row.is_scored}
    for translator in translators:
        _report_missing(translator, scored, log)
    for (document, identifier), row in rows.items():
        names = translators if row.is_scored else ()
        if any(name not in row.references for name in names):
            continue  # as the log says
        references = tuple(row.references[name] for name in names)
        yield Row(row.line, document, identifier, row.source, references, is_scored=row.is_scored)


def _report_missing(
    translator: str, rows: Mapping[tuple[str, str], _XmlRow], log: ProblemLog
) -> None:
    """Report segments without this translator's reference; a whole document as one problem."""
    lacking: dict[str, list[tuple[str, _XmlRow]]] = {}
    total: Counter[str] = Counter()
    for (document, identifier), row in rows.items():
        total[document] += 1
        if translator not in row.references:
            lacking.setdefault(document, []).append((identifier, row))
    for document, segments in lacking.items():
        if len(segments) == total[document] < len(rows):
            log.add(
                f"The references of {translator!r} lack the whole document {document} "
                f"({len(segments):,} segment{'s' if len(segments) > 1 else ''}). Add them, or "
                f"leave the document out: --leave-out {document} at its import.",
                line=segments[0][1].line,
            )
            continue
        for identifier, row in segments:
            log.add(
                f"The references of {translator!r} lack this segment{in_document(document)}. "
                "Add it, or leave this translator's references out.",
                line=row.line,
                segment=identifier,
            )


def _check_language(found: XmlSegment, wanted: Wanted, wrong: set[str], log: ProblemLog) -> None:
    expected = wanted.source_language if found.part == "src" else wanted.target_language
    if contradicts(found.language, expected) and found.part not in wrong:
        wrong.add(found.part)
        log.add(
            f"The <{found.part}> is in {found.language!r}; {expected!r} was said. "
            "Give the right file or the right languages.",
            line=found.line,
        )


def _add_source(
    found: XmlSegment, rows: dict[tuple[str, str], _XmlRow], wanted: Wanted, log: ProblemLog
) -> None:
    is_scored = not found.is_suite and found.document not in wanted.leave_out
    row = _XmlRow(found.line, found.text, is_scored)
    if rows.setdefault((found.document, found.id), row) is not row:
        _report_repeated(found, log)


def _add_reference(
    found: XmlSegment, rows: dict[tuple[str, str], _XmlRow], log: ProblemLog
) -> None:
    row = rows.get((found.document, found.id))
    if row is None:
        log.add(
            f"The segment{in_document(found.document)} is in a reference but not in the source "
            "before. Add it there or remove it here.",
            line=found.line,
            segment=found.id,
        )
    elif found.by in row.references:
        _report_repeated(found, log)
    else:
        row.references[found.by] = found.text


def _report_repeated(found: XmlSegment, log: ProblemLog) -> None:
    log.add(
        f"The id is used twice{in_document(found.document)}. Give it its own.",
        line=found.line,
        segment=found.id,
    )
