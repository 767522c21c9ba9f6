"""Test sets with a JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.json_lines import parse_object, wrong_id, wrong_string
from evaluator.formats.limits import Budget, require_few_marks
from evaluator.formats.test_sets.rows import Row, Wanted

EXAMPLE = '{"id": "…", "doc": "…", "source": "…", "references": ["…"]}'


def read_json_rows(
    data: bytearray, log: ProblemLog, budget: Budget, wanted: Wanted
) -> Iterator[Row]:
    """Yield the rows of a file with a JSON object a line; texts verbatim."""
    require_few_marks(data, b"[{")
    for number, text in split_lines(data, log):
        if not text.strip():
            continue
        value = parse_object(text)
        if wanted.sources_only and isinstance(value, dict):
            value.pop("references", None)
        faults = [value] if isinstance(value, str) else _json_faults(value)
        for fault in faults:
            log.add(f"{fault} Write {EXAMPLE}.", line=number)
        if faults or isinstance(value, str):
            continue
        row = _json_row(number, value)
        budget.charge(row.id, row.document, row.source, *row.references, line=number)
        for source, targets in row.terms:
            budget.charge(source, *targets, line=number)
        yield row


def _json_faults(value: dict[str, object]) -> list[str]:
    faults = [wrong_id("id", value.get("id")), _wrong_text("source", value.get("source"))]
    if "doc" in value:
        faults.append(wrong_id("doc", value["doc"]))
    references = value.get("references", [])
    if isinstance(references, list):
        faults += [_wrong_text("references", text) for text in references]
    else:
        faults.append('"references" must be a list of strings.')
    if "terms" in value and not _are_terms(value["terms"]):
        faults.append('"terms" must be a list such as [{"source": "…", "targets": ["…"]}].')
    return [fault for fault in faults if fault]


def _wrong_text(key: str, found: object) -> str | None:
    if isinstance(found, str) and ("\n" in found or "\r" in found):
        return f'"{key}" holds a line break. Replace it by a space.'
    return wrong_string(key, found)


def _are_terms(terms: object) -> bool:
    return isinstance(terms, list) and all(
        isinstance(term, dict)
        and _is_text(term.get("source"))
        and isinstance(term.get("targets"), list)
        and bool(term["targets"])
        and all(map(_is_text, term["targets"]))
        for term in terms
    )


def _is_text(found: object) -> bool:
    return isinstance(found, str) and bool(found.strip()) and wrong_string("", found) is None


def _json_row(number: int, value: Mapping[str, object]) -> Row:
    """The row of an object that has been found to be well-formed."""
    references, terms = value.get("references", []), value.get("terms", [])
    assert isinstance(references, list)
    assert isinstance(terms, list)
    return Row(
        number,
        str(value.get("doc", "")),
        str(value["id"]),
        str(value["source"]),
        tuple(references),
        tuple((term["source"], tuple(term["targets"])) for term in terms),
    )
