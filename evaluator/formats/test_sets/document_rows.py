"""Test sets as a JSON array of documents, a string each, as WMT26 released its sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.json_lines import wrong_string
from evaluator.formats.limits import Budget, Refused, require_few_marks
from evaluator.formats.test_sets.rows import AnyRow, DocumentRow, Options, TestSetRow, is_blank
from evaluator.types import DELIMITERS

_ARRAY = re.compile(r'\[\s*+(?:"|\])')


def is_document_array(head: str) -> bool:
    """Return whether a file begins like an array of strings."""
    return _ARRAY.match(head) is not None


def read_document_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[AnyRow]:
    """Yield the paragraphs of all documents, without references.

    The names of documents are their numbers, and a paragraph's id its number in its document.
    Raises Refused for anything but an array of strings.
    """
    require_few_marks(data, b'[{"')
    try:
        texts = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refused(f"The file is not valid JSON ({error}).") from None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused(
            "The array holds other things than strings. Write a string for each document."
        )
    delimiter = options.delimiter
    if delimiter is None:
        delimiter = find_delimiter(texts)
    for number, text in enumerate(texts, 1):
        fault = wrong_string(f"document {number}", text)
        if fault is None and is_blank(text):
            fault = f"Document {number} is empty. Give its text, or leave it out."
        if fault:
            log.add(fault)
            continue
        budget.charge(text)
        paragraphs = text.split(delimiter) if delimiter else [text]
        yield DocumentRow(number, str(number), delimiter=delimiter or None, is_unit=True)
        for place, paragraph in enumerate(paragraphs, 1):
            budget.charge(paragraph)
            yield TestSetRow(number, str(number), str(place), paragraph, ())


def find_delimiter(texts: list[str]) -> str:
    """Return what joins the paragraphs of a test set: an empty line, a line break, or nothing."""
    return next((mark for mark in DELIMITERS if any(mark in text for text in texts)), "")
