"""One reader per format of hypotheses, and which of them a file's content asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO

from evaluator.errors import ProblemLog, UnreadableFileError, WrongFileError
from evaluator.formats import detection
from evaluator.formats.decoding import read_bytes
from evaluator.formats.json_lines import parse_object, wrong_id, wrong_string
from evaluator.formats.languages import contradicts, target_of
from evaluator.formats.limits import MAX_BYTES, Budget, Refused, TooLarge, require_few_marks
from evaluator.formats.lines import split_lines
from evaluator.formats.segments import SegmentReader
from evaluator.formats.wmt_xml import XmlSegment, read_xml
from evaluator.types import HypothesisFile, Line

LINE_EXAMPLE = '{"id": "…", "translation": "…"}'
SYSTEMS_NAMED = 20  # in a message; a file may hold any number
OTHER_NAMES = {  # of the keys of JSON lines, by which other tools write them
    "id": ("segment", "segment_id", "segid", "seg_id", "seg"),
    "translation": ("hypothesis", "hyp", "target", "output", "prediction", "mt", "text"),
}
STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*"'
KEYS = {
    "id": re.compile(rf'"id"\s*+:\s*+(?:{STRING}|[0-9]{{1,20}}+(?=[,}} ]))'),  # or without quotes
    "doc": re.compile(rf'"doc"\s*+:\s*+{STRING}'),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a file, and what it may cost."""

    log: ProblemLog
    budget: Budget
    language_pair: str | None  # such as en-fr, or en-fr.noterm
    system: str | None
    broken: list[Line] = field(default_factory=list)  # what HypothesisFile.broken is to hold

    def sift(self, line: Line) -> Iterator[Line]:
        """Yield a line that says which segment it is for; note what is known of another."""
        if line.segment and line.document:
            yield line
        elif line.segment:
            self.note_broken(line.number, line.segment, None)

    def note_broken(self, number: int, segment: str | None, document: str | None) -> None:
        """Note that a line, about which the log says what is wrong, was for this segment."""
        self.budget.charge(segment, document, line=number)
        self.broken.append(Line(number, segment, document, ""))

    def refuse(self, message: str) -> None:
        """Raise WrongFileError."""
        wrong = ProblemLog(self.log.file)
        wrong.add(message)
        wrong.raise_as(WrongFileError)

    def require_language(self, found: str, place: str) -> None:
        """Refuse hypotheses that say they are in another language than the pair's target."""
        if self.language_pair and contradicts(found, target_of(self.language_pair)):
            self.refuse(
                f"The file says {place}={found!r}, but {self.language_pair} is wanted here. "
                "Upload the file of this language pair, or correct the attribute."
            )


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
            "Say which one is meant, or upload a file of that one alone."
        )
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


def _read_jsonl(data: bytearray, request: Request) -> Iterator[Line]:
    require_few_marks(data, b"[{")
    blanks: list[int] = []  # at the file's end they mean nothing

    def note_long(number: int, start: str) -> None:
        _note_broken(number, start, request)

    for number, row in split_lines(data, request.log, on_long=note_long):
        if not row.strip():
            blanks.append(number)
            continue
        for blank in blanks:
            request.log.add(
                f"The line is empty. Write one object a line: {LINE_EXAMPLE}.", line=blank
            )
        blanks.clear()
        line = _read_object(number, row, request.log)
        if line is None:
            _note_broken(number, row, request)
        else:
            request.budget.charge(line.segment, line.document, line.text, line=number)
            yield line


def _read_object(number: int, row: str, log: ProblemLog) -> Line | None:
    value = parse_object(row)
    if isinstance(value, str):
        log.add(f"{value} Write one object a line: {LINE_EXAMPLE}.", line=number)
        return None
    identifier, document, translation = map(value.get, ("id", "doc", "translation"))
    segment = identifier if isinstance(identifier, str) else None
    faults = [
        _other_name("id", value) or wrong_id("id", identifier),
        _other_name("translation", value) or wrong_string("translation", translation),
    ]
    if "doc" in value and document is None:
        faults.append('"doc" is null. Give the document, or leave "doc" out.')
    elif "doc" in value:
        faults.append(wrong_id("doc", document))
    problems = [fault for fault in faults if fault]
    for problem in problems:
        log.add(f"{problem} Write {LINE_EXAMPLE}.", line=number, segment=segment)
    if problems:
        return None
    # str() changes nothing here: all are strings by now.
    return Line(number, segment, str(document) if "doc" in value else None, str(translation))


def _other_name(key: str, value: dict[str, object]) -> str | None:
    """Say under which other name the object seems to hold what we look for."""
    found = next((name for name in OTHER_NAMES[key] if name in value), None)
    if key in value or found is None:
        return None
    return f'There is no "{key}", but "{found}". Rename it.'


def _note_broken(number: int, row: str, request: Request) -> None:
    """Find out, without parsing, for which segment a broken line was."""
    found = {key: _string_of(key, row) for key in ("id", "doc")}
    if found["id"]:
        request.note_broken(number, found["id"], found["doc"])


def _string_of(key: str, row: str) -> str | None:
    match = KEYS[key].search(row)
    value = parse_object(f"{{{match[0]}}}") if match else ""
    found = value.get(key) if isinstance(value, dict) else None
    found = str(found) if isinstance(found, int) else found
    return found if isinstance(found, str) and wrong_id(key, found) is None else None


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        # Tried in this order; plain text takes whatever is left.
        "sgml": Format("sgml", "WMT SGML, a <tstset>", detection.is_sgml, _read_sgml),
        "xml": Format("xml", "WMT XML, a <dataset> with <hyp>", detection.is_xml, _read_xml),
        "jsonl": Format(
            "jsonl", f"a JSON object a line: {LINE_EXAMPLE}", detection.is_jsonl, _read_jsonl
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
) -> HypothesisFile:
    """Read WMT SGML, WMT XML, JSON lines or plain text, told apart by content, never by name.

    SGML and XML: a segment's text with entities decoded once, without tags, its layout (line
    breaks, runs of spaces) as single spaces. JSON lines and plain text: verbatim. A byte order
    mark at the start is accepted, and each may be compressed by gzip. At most `max_bytes` are
    read, and unpacked to. `system` chooses one of several in WMT XML. With a `language_pair`
    (`en-fr`, or `en-fr.noterm`) a file that names another target language is refused. `budget`
    bounds the bytes and the memory of several files together, in place of `max_bytes`.

    Raises UnreadableFileError (every problem of the file at once, with the segments that could
    be read) or WrongFileError (a source or reference file, another language). An empty file is
    refused.
    """
    budget = budget or Budget(max_bytes=max_bytes)
    request = Request(ProblemLog(name), budget, language_pair, system)
    try:
        chosen, lines = _read(stream, request)
    except Refused as refused:
        request.log.add(refused.message, line=refused.line)
        request.log.raise_as(UnreadableFileError)
    file = HypothesisFile(name, chosen, lines, tuple(request.broken))
    if request.log.total:
        raise UnreadableFileError(request.log.problems, request.log.total, readable=file)
    return file


def _read(stream: BinaryIO, request: Request) -> tuple[str, tuple[Line, ...]]:
    data = _read_bytes(stream, request.budget)
    head = detection.head_of(data)
    unknown = detection.unsupported(head)
    if unknown:
        names = "; ".join(known.description for known in FORMATS.values())
        raise Refused(f"{unknown} files are not read here. Upload one of: {names}.")
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
