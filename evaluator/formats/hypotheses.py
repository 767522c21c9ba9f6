"""One reader per format of hypotheses, and which of them a file's content asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from evaluator.errors import ProblemLog, SeveralSystemsError, UnreadableFileError
from evaluator.formats import detection
from evaluator.formats.decoding import read_bytes
from evaluator.formats.json_hypotheses import (
    LINE_EXAMPLE,
    read_array,
    read_jsonl,
    read_object,
    read_value,
)
from evaluator.formats.limits import MAX_BYTES, Budget, Refused, TooLarge
from evaluator.formats.lines import split_lines
from evaluator.formats.requests import Request
from evaluator.formats.segments import SegmentReader
from evaluator.formats.wmt_xml import XmlSegment, read_xml
from evaluator.types import HypothesisFile, Line

SYSTEMS_NAMED = 20  # in a message, and to choose from; a file may hold any number


@dataclass(frozen=True, slots=True)
class Format:
    """A format: does a file's beginning look like it, and how is it read."""

    name: str
    description: str
    matches: Callable[[str], bool]
    read: Callable[[bytearray, Request], Iterator[Line]]


def _read_sgml(data: bytearray, request: Request) -> Iterator[Line]:
    reader = SegmentReader(request.log, request.budget, annotated=False)
    segments = reader.read(data)
    if reader.kind in ("refset", "srcset"):
        what = "a reference" if reader.kind == "refset" else "a source"
        request.refuse(
            f"This is {what} file (<{reader.kind}>), not hypotheses. "
            "Upload your system's output, a <tstset>."
        )
    request.require_language(reader.languages.get("trglang", ""), "trglang")
    for found in segments:  # the budget has been charged
        yield from request.sift(Line(found.line, found.id, found.document, found.text))
    for one in reader.broken:
        request.note_broken(one.line, one.id, one.document or None)


def _read_xml(data: bytearray, request: Request) -> Iterator[Line]:
    """The hypotheses of the system asked for, or of the only one there is."""
    systems: dict[str, None] = {}
    parts: set[str] = set()
    for found in read_xml(data, request.log):
        parts.add(found.part)
        if found.part != "hyp":
            continue
        if len(systems) <= SYSTEMS_NAMED or found.by == request.system:
            systems.setdefault(found.by)
        wanted = next(iter(systems)) if request.system is None else request.system
        if found.by == wanted:
            yield from request.sift(_xml_line(found, request))
    _require_system(tuple(systems), parts, request)


def _xml_line(found: XmlSegment, request: Request) -> Line:
    request.require_language(found.language, "lang")
    request.budget.charge(found.text, found.id, line=found.line)
    return Line(found.line, found.id, found.document, found.text)


def _require_system(systems: tuple[str, ...], parts: set[str], request: Request) -> None:
    if request.log.total:
        return
    if not systems:
        what = "references" if "ref" in parts else "sources" if parts else "segments of documents"
        request.refuse(
            f"The file holds no hypotheses (<hyp>), {f'only {what}' if parts else 'no segment'}. "
            "Upload your system's output."
        )
    names = ", ".join(repr(name) for name in systems[:SYSTEMS_NAMED])
    names += ", …" if len(systems) > SYSTEMS_NAMED else ""
    if request.system is None and len(systems) > 1:
        request.log.add(
            f"The file holds the hypotheses of several systems: {names}. "
            "Choose the system (on the command line: --system), or send a file with its "
            "hypotheses only."
        )
        log = request.log
        raise SeveralSystemsError(log.problems, log.total, systems=systems[:SYSTEMS_NAMED])
    elif request.system is not None and request.system not in systems:
        request.log.add(
            f"The file holds no hypotheses of the system {request.system!r}. It has: {names}."
        )


def _read_text(data: bytearray, request: Request) -> Iterator[Line]:
    def note_long(number: int, _: str) -> None:
        request.note_broken(number, None, None)

    for number, row in split_lines(data, request.log, on_long=note_long):
        request.budget.charge(row, line=number)
        yield Line(number, None, None, row)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        # Tried in this order; plain text takes whatever is left.
        "sgml": Format("sgml", "WMT SGML, a <tstset>", detection.is_sgml, _read_sgml),
        "xml": Format("xml", "WMT XML, a <dataset> with <hyp>", detection.is_xml, _read_xml),
        "jsonl": Format(
            "jsonl", f"a JSON object a line: {LINE_EXAMPLE}", detection.is_jsonl, read_jsonl
        ),
        "text": Format("text", "one hypothesis a line", detection.is_text, _read_text),
    }
)


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
    object of ids and strings) and plain text: verbatim. A byte order mark at the start is
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
        chosen, lines = _read(stream, request, sources)
    except Refused as refused:
        request.log.add(refused.message, line=refused.line)
        request.log.raise_as(UnreadableFileError)
    file = HypothesisFile(name, chosen, lines, tuple(request.broken))
    if request.log.total:
        raise UnreadableFileError(request.log.problems, request.log.total, readable=file)
    return file


def _read(
    stream: BinaryIO, request: Request, sources: Sequence[str]
) -> tuple[str, tuple[Line, ...]]:
    data = _read_bytes(stream, request.budget)
    head, tail = detection.head_of(data), detection.tail_of(data)
    if detection.are_alike((head, tail), sources):
        return "text", tuple(_read_text(data, request))
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
    if isinstance(value, dict):
        return "json object", tuple(read_object(value, request))
    chosen = next(known for known in FORMATS.values() if known.matches(head))
    return chosen.name, tuple(chosen.read(data, request))


def _read_bytes(stream: BinaryIO, budget: Budget) -> bytearray:
    try:
        data = read_bytes(stream, "a line or segment for each segment", max_bytes=budget.bytes_left)
    except TooLarge:
        before, budget.bytes_left = budget.max_bytes - budget.bytes_left, 0
        if not before:
            raise
        raise Refused(
            f"With the files before it, this one passes {budget.max_bytes:,} bytes, the limit of "
            "all files together, as they are or unpacked. Upload fewer at once."
        ) from None
    budget.bytes_left -= len(data)
    return data
