"""Reading hypotheses, whose format the file's content says; plain text is read here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO

from evaluator.errors import ProblemLog, UnreadableFileError
from evaluator.formats import detection
from evaluator.formats.decoding import read_bytes, read_head, split_lines
from evaluator.formats.detection import MARKS, is_text
from evaluator.formats.json_hypotheses import (
    JSONL,
    has_language_keys,
    read_array,
    read_languages,
    read_object,
    read_value,
)
from evaluator.formats.json_lines import parse_object
from evaluator.formats.limits import MAX_BYTES, MAX_LINE_BYTES, Budget, Refused, TooLarge
from evaluator.formats.recognition import HypothesisFormat, choose_format
from evaluator.formats.requests import Request
from evaluator.formats.sgml_hypotheses import SGML
from evaluator.formats.xml_hypotheses import XML
from evaluator.types import HypothesisFile, Line


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

# Tried in this order; plain text takes whatever is left. Pages list them in reverse.
FORMATS: Mapping[str, HypothesisFormat] = MappingProxyType(
    {known.name: known for known in (SGML, XML, JSONL, TEXT)}
)
# Any other beginning is that of plain text, which then needs no closer look.
_starts = (known.begins_with for known in FORMATS.values() if known is not TEXT)
MAY_BE_MARKED = re.compile("|".join((MARKS, *_starts)), re.IGNORECASE | re.ASCII)


def read_hypotheses(
    stream: BinaryIO,
    name: str,
    *,
    max_bytes: int = MAX_BYTES,
    language_pair: str | None = None,
    system: str | None = None,
    budget: Budget | None = None,
    sources: Sequence[str] = (),
) -> HypothesisFile:
    """Read WMT SGML, WMT XML, JSON or plain text, told apart by content, never by name.

    SGML and XML: a segment's text with entities decoded once, without tags, its layout (line
    breaks, runs of spaces) as single spaces. JSON (an object a line, an array of strings, an
    object of ids and strings) and plain text: verbatim. JSON lines whose keys are the languages
    of the pair (WMT25's) keep the sources beside the hypotheses. A byte order mark at the start is
    accepted, and each may be compressed by gzip. At most `max_bytes` are read, and unpacked to.
    `system` chooses one of several in WMT XML. With a `language_pair` (`en-fr`, or
    `en-fr.noterm`) a file that names another target language is refused. `budget` bounds the
    bytes and the memory of several files together, in place of `max_bytes`. Of a text that looks
    like JSON or markup, as its `sources` do, the lines are what counts.

    Raises UnreadableFileError (every problem of the file at once, with the segments that could
    be read), SeveralSystemsError (name one by `system`), or WrongFileError (a source or
    reference file, another language). An empty file is refused.
    """
    budget = budget or Budget(max_bytes=max_bytes)
    request = Request(ProblemLog(name), budget, language_pair, system)
    try:
        data = _read_bytes(stream, budget)
        if MAY_BE_MARKED.match(read_head(data)):
            form, lines = _read_marked(data, request, sources)
        else:
            form, lines = TEXT.name, tuple(TEXT.read(data, request))
    except Refused as refused:
        request.log.add(refused.message, line=refused.line)
        request.log.raise_as(UnreadableFileError)
    file = HypothesisFile(name, form, lines, tuple(request.broken))
    if request.log.total:
        raise UnreadableFileError(request.log.problems, request.log.total, readable=file)
    return file


def _read_marked(
    data: bytearray, request: Request, sources: Sequence[str]
) -> tuple[str, tuple[Line, ...]]:
    """Return the format of a file that may be more than plain text, and its lines."""
    head, tail = read_head(data), detection.read_tail(data)
    if detection.are_alike((head, tail), sources):
        return TEXT.name, tuple(TEXT.read(data, request))
    unknown = detection.unsupported(head, tail)
    if unknown:
        names = "; ".join(known.description for known in FORMATS.values())
        raise Refused(
            f"The file is {unknown}, which is not read here. Save the translations as plain "
            f"text in UTF-8, or send one of: {names}."
        )
    value = read_value(data) if detection.is_json(head, tail) else None
    if isinstance(value, list):
        return "json array", tuple(read_array(value, request))
    if isinstance(value, dict) and not has_language_keys(value, request):
        return "json object", tuple(read_object(value, request))
    chosen = choose_format(FORMATS.values(), head) or TEXT
    if chosen is JSONL and has_language_keys(_read_first_object(data), request):
        return "json languages", tuple(read_languages(data, request))
    return chosen.name, tuple(chosen.read(data, request))


def _read_first_object(data: bytearray) -> dict[str, object] | str:
    """Return the object in the first line that is not empty, or what is wrong with the line."""
    start = data.find(b"{")
    end = data.find(b"\n", start)
    line = data[start : min(end if end >= 0 else len(data), start + MAX_LINE_BYTES + 1)]
    return parse_object(line.decode("utf-8", "ignore"))


def _read_bytes(stream: BinaryIO, budget: Budget) -> bytearray:
    before, bytes_left = budget.bytes_read, budget.max_bytes - budget.bytes_read
    try:
        data = read_bytes(stream, "a line or segment for each segment", max_bytes=bytes_left)
    except TooLarge:
        budget.bytes_read = budget.max_bytes
        if not before:
            raise
        raise Refused(
            f"With the files before it, this one passes {budget.max_bytes:,} bytes, the limit of "
            "all files together, as they are or unpacked. Upload fewer at once."
        ) from None
    budget.bytes_read += len(data)
    return data
