"""Hypotheses as plain text, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.formats.decoding import split_lines
from evaluator.formats.detection import is_text
from evaluator.formats.recognition import HypothesisFormat
from evaluator.formats.requests import Request
from evaluator.types import Line


def _read_text(data: bytearray, request: Request) -> Iterator[Line]:
    def note_long(number: int, _: str) -> None:
        request.note_broken(number, None, None)

    for number, row in split_lines(data, request.log, on_long=note_long):
        request.budget.charge(row, line=number)
        yield Line(number, None, None, row)


TEXT = HypothesisFormat(
    name="text",
    title="Plain text",
    suffix=".txt",
    description="one hypothesis a line",
    hint="one segment a line",
    help="One hypothesis a line, in the order of the sources, taken to the letter.",
    example="$first\n$second",
    matches=is_text,
    read=_read_text,
)
