"""Test sets with a JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.json_lines import parse_object, wrong_id, wrong_string
from evaluator.formats.limits import Budget, require_few_marks
from evaluator.formats.test_sets.rows import Options, TestSetRow

EXAMPLE = '{"id": "…", "doc": "…", "source": "…", "references": ["…"]}'


def read_json_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[TestSetRow]:
    """Yield the rows of a file with a JSON object a line; texts verbatim."""
    require_few_marks(data, b"[{")
    for number, text in split_lines(data, log):
        if not text.strip():
            continue
        value = parse_object(text)
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
    faults = [wrong_id("id", value.get("id")), _wrong_text("source", value.get("source"))]
    if "doc" in value:
        faults.append(wrong_id("doc", value["doc"]))
    references = value.get("references", [])
    if isinstance(references, list):
        faults += [_wrong_text("references", text) for text in references]
    else:
        faults.append('"references" must be a list of strings.')
    terms = value.get("terms")
    if terms is not None and (not isinstance(terms, list) or not all(map(_is_term, terms))):
        faults.append('"terms" must be a list such as [{"source": "…", "targets": ["…"]}].')
    return [fault for fault in faults if fault]


def _wrong_text(key: str, value: object) -> str | None:
    if isinstance(value, str) and ("\n" in value or "\r" in value):
        return f'"{key}" holds a line break. Replace it by a space.'
    return wrong_string(key, value)


def _is_term(term: object) -> bool:
    if not isinstance(term, dict):
        return False
    targets = term.get("targets")
    if not isinstance(targets, list) or not targets:
        return False
    return all(
        isinstance(form, str) and form.strip() and wrong_string("", form) is None
        for form in (term.get("source"), *targets)
    )


def _build_row(number: int, value: dict[str, object]) -> TestSetRow:
    """Return the row of a well-formed object."""
    references, terms = value.get("references", []), value.get("terms")
    assert isinstance(references, list)
    assert isinstance(terms, list | None)
    return TestSetRow(
        number,
        str(value.get("doc", "")),
        str(value["id"]),
        str(value["source"]),
        tuple(references),
        None
        if terms is None
        else tuple((term["source"], tuple(term["targets"])) for term in terms),
    )
