"""Test sets in WMT XML: one file with the sources and the references of all translators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.languages import contradicts
from evaluator.formats.limits import Budget
from evaluator.formats.rows import Row, Wanted
from evaluator.formats.wmt_xml import XmlSegment, read_xml


@dataclass(slots=True)
class _XmlRow:
    line: int
    source: str
    references: dict[str, str] = field(default_factory=dict)


def read_xml_rows(
    data: bytearray, log: ProblemLog, budget: Budget, wanted: Wanted
) -> Iterator[Row]:
    """Yield the segments of the sources in file order, with the references of all translators."""
    rows: dict[tuple[str, str], _XmlRow] = {}
    translators: dict[str, None] = {}
    wrong: set[str] = set()
    for found in read_xml(data, log, parts=("src",) if wanted.sources_only else ("src", "ref")):
        _check_language(found, wanted, wrong, log)
        budget.charge(found.text, found.id, line=found.line)
        if found.part == "src":
            _add_source(found, rows, log)
        else:
            translators.setdefault(found.by)
            _add_reference(found, rows, log)
    for (document, identifier), row in rows.items():
        for translator in [name for name in translators if name not in row.references]:
            log.add(
                f"The references of {translator!r} lack this segment{in_document(document)}. "
                "Add it, or leave this translator's references out.",
                line=row.line,
                segment=identifier,
            )
        references = tuple(row.references.get(name, "") for name in translators)
        yield Row(row.line, document, identifier, row.source, references)


def _check_language(found: XmlSegment, wanted: Wanted, wrong: set[str], log: ProblemLog) -> None:
    expected = wanted.source_language if found.part == "src" else wanted.target_language
    if contradicts(found.language, expected) and found.part not in wrong:
        wrong.add(found.part)
        log.add(
            f"The <{found.part}> is in {found.language!r}; {expected!r} was said. "
            "Give the right file or the right languages.",
            line=found.line,
        )


def _add_source(found: XmlSegment, rows: dict[tuple[str, str], _XmlRow], log: ProblemLog) -> None:
    row = _XmlRow(found.line, found.text)
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
