"""Test sets with a JSON object a line: our own, and those whose keys are language codes."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.json_lines import parse_object, wrong_id, wrong_string
from evaluator.formats.language_keys import find_language_key
from evaluator.formats.limits import Budget, require_few_marks
from evaluator.formats.test_sets.json_terms import LIST_FAULT, read_term_list
from evaluator.formats.test_sets.rows import AnyRow, DocumentRow, Options, TestSetRow

EXAMPLE = '{"id": "…", "doc": "…", "source": "…", "references": ["…"]}'
DOCUMENT_EXAMPLE = '{"doc": "…", "terms": […], "delimiter": "\\n\\n"}'
MAX_DELIMITER = 20  # characters


def read_json_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[AnyRow]:
    """Yield the rows of a file with a JSON object a line; texts verbatim.

    A line with `doc` and neither `source` nor `id` speaks of a document. Where the first line
    has the source language as a key and no `source`, all lines are read as WMT25's.
    """
    require_few_marks(data, b"[{")
    for number, text in split_lines(data, log):
        if not text.strip():
            continue
        value = parse_object(text)
        if (
            isinstance(value, dict)
            and not {"id", "source", "doc"} & value.keys()
            and find_language_key(value, options.pair[0]) is not None
        ):
            # Rarer than our own lines, and so not imported for them.
            from evaluator.formats.test_sets.language_rows import read_language_rows

            yield from read_language_rows(data, log, budget, options)
            return
        if isinstance(value, dict) and "doc" in value and not {"id", "source"} & value.keys():
            document = _read_document(number, value, log)
            if document is not None:
                yield document
            continue
        if options.sources_only and isinstance(value, dict):
            value.pop("references", None)
        faults = [value] if isinstance(value, str) else _find_faults(value)
        for fault in faults:
            log.add(f"{fault} Write {EXAMPLE}.", line=number)
        if faults or isinstance(value, str):
            continue
        row = _build_row(number, value)
        budget.charge(row.id, row.document, row.source, *row.references, line=number)
        for source, targets in row.terms or ():
            budget.charge(source, *targets, line=number)
        yield row


def _find_faults(value: dict[str, object]) -> list[str]:
    """Return what keeps an object from being a row."""
    faults = [wrong_id("id", value.get("id")), wrong_string("source", value.get("source"))]
    if "doc" in value:
        faults.append(wrong_id("doc", value["doc"]))
    references = value.get("references", [])
    if isinstance(references, list):
        faults += [wrong_string("references", text) for text in references]
    else:
        faults.append('"references" must be a list of strings.')
    if value.get("terms") is not None and read_term_list(value["terms"]) is None:
        faults.append(LIST_FAULT)
    return [fault for fault in faults if fault]


def _build_row(number: int, value: dict[str, object]) -> TestSetRow:
    """Return the row of a well-formed object."""
    references = value.get("references", [])
    assert isinstance(references, list)
    return TestSetRow(
        number,
        str(value.get("doc", "")),
        str(value["id"]),
        str(value["source"]),
        tuple(references),
        read_term_list(value.get("terms")),
    )


def _read_document(number: int, value: dict[str, object], log: ProblemLog) -> DocumentRow | None:
    """Return what a line says of a document; None, with the problem in `log`, if it is wrong."""
    terms, delimiter = value.get("terms"), value.get("delimiter")
    given = read_term_list(terms)
    fault = wrong_id("doc", value["doc"])
    if terms is not None and given is None:
        fault = fault or LIST_FAULT
    if delimiter is not None and not is_delimiter(delimiter):
        fault = fault or '"delimiter" must be a string such as "\\n\\n", or null for none.'
    if fault:
        log.add(f"{fault} Write {DOCUMENT_EXAMPLE}.", line=number)
        return None
    name = str(value["doc"])
    return DocumentRow(
        number, name, given, str(delimiter) if delimiter else None, is_unit="delimiter" in value
    )


def is_delimiter(value: object) -> bool:
    """Return whether a value can join paragraphs: a string with a line break, or an empty string.

    Other strings may stand in a text.
    """
    if not isinstance(value, str) or len(value) > MAX_DELIMITER:
        return False
    return not value or "\n" in value
