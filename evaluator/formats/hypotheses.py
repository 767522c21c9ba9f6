"""One reader per format of hypotheses, and which of them a file's content asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from evaluator.errors import ProblemLog, UnreadableFileError, WrongFileError
from evaluator.formats.decoding import MAX_BYTES, read_text
from evaluator.formats.segments import SegmentReader
from evaluator.formats.sgml import PROLOG
from evaluator.types import HypothesisFile, Line

MARKUP = re.compile(r"<(?:tstset|refset|srcset|doc|seg)(?=[\s/>])", re.IGNORECASE | re.ASCII)
OBJECT_KEY = re.compile(r'"(?:id|translation)"\s*+:')
UNSUPPORTED = re.compile(r"<(dataset|tmx|xliff|html)(?=[\s/>])", re.IGNORECASE | re.ASCII)
LINE_EXAMPLE = '{"id": "…", "translation": "…"}'


@dataclass(frozen=True, slots=True)
class Format:
    """A format: does a text look like it, and how is it read."""

    name: str
    description: str
    matches: Callable[[str], bool]
    read: Callable[[str, ProblemLog], list[Line]]


def _opening(text: str) -> str:
    """The first characters behind white space and prolog: what formats are told apart by."""
    start = text[:10_000].lstrip()
    while match := PROLOG.match(start):
        start = start[match.end() :].lstrip()
    return start


def _is_sgml(text: str) -> bool:
    return MARKUP.match(_opening(text)) is not None


def _is_jsonl(text: str) -> bool:
    """A first line that is an object, or would like to be one of ours."""
    start = text.lstrip()[:1]
    if start != "{":
        return False
    first = text.lstrip().split("\n", 1)[0]
    return OBJECT_KEY.search(first) is not None or isinstance(_parse(first), dict)


def _is_text(_: str) -> bool:
    return True


def _read_sgml(text: str, log: ProblemLog) -> list[Line]:
    reader = SegmentReader(log, annotated=False)
    segments = reader.read(text)
    if reader.kind in ("refset", "srcset"):
        what = "a reference" if reader.kind == "refset" else "a source"
        wrong = ProblemLog(log.file)
        wrong.add(
            f"This is {what} file (<{reader.kind}>), not hypotheses. "
            "Upload your system's output, a <tstset>."
        )
        wrong.raise_as(WrongFileError)
    return [Line(found.line, found.id, found.document, found.text) for found in segments]


def _read_text(text: str, log: ProblemLog) -> list[Line]:
    """Verbatim lines: only a line feed ends one (not U+2028, U+0085, a vertical tab …)."""
    rows = text.split("\n")
    if rows[-1] == "":
        rows.pop()
    return [Line(number, None, None, row.removesuffix("\r")) for number, row in enumerate(rows, 1)]


def _read_jsonl(text: str, log: ProblemLog) -> list[Line]:
    rows = text.split("\n")
    if not rows[-1].strip():
        rows.pop()
    lines = (_read_object(number, row, log) for number, row in enumerate(rows, 1))
    return [line for line in lines if line is not None]


def _read_object(number: int, row: str, log: ProblemLog) -> Line | None:
    value = _parse(row)
    if isinstance(value, str):
        log.add(f"{value} Write one object a line: {LINE_EXAMPLE}.", line=number)
        return None
    identifier, document, translation = map(value.get, ("id", "doc", "translation"))
    segment = identifier if isinstance(identifier, str) else None
    faults = [_wrong_string("id", identifier), _wrong_string("translation", translation)]
    if "doc" in value:
        faults.append(_wrong_string("doc", document))
    problems = [fault for fault in faults if fault]
    for problem in problems:
        log.add(f"{problem} Write {LINE_EXAMPLE}.", line=number, segment=segment)
    if problems:
        return None
    # str() changes nothing here: all are strings by now.
    return Line(number, segment, str(document) if "doc" in value else None, str(translation))


def _wrong_string(key: str, found: object) -> str | None:
    if found is None:
        return f'There is no "{key}".'
    if not isinstance(found, str):
        return f'"{key}" must be a string in quotes.'
    if "\0" in found:
        return f'"{key}" holds a NUL character, which is no text.'
    if any("\ud800" <= character <= "\udfff" for character in found):
        return f'"{key}" holds half a surrogate pair (\\ud800 to \\udfff), which is no character.'
    return None


def _parse(row: str) -> dict[str, object] | str:
    """The object, or what is wrong with the line."""
    if not row.strip():
        return "The line is empty."
    try:
        value = json.loads(row, object_pairs_hook=_unique_keys)
    except _RepeatedKeyError as error:
        return f"The key {error} stands twice in the line."
    except RecursionError:
        return "The line is nested too deeply."
    except json.JSONDecodeError as error:
        return f"The line is no valid JSON ({error.msg}, character {error.pos + 1})."
    except ValueError:  # a number of thousands of digits
        return "The line holds a number that is too long."
    return value if isinstance(value, dict) else "The line is no JSON object."


class _RepeatedKeyError(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in value if keys.count(key) > 1))
    return value


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        # Tried in this order; plain text takes whatever is left.
        "sgml": Format("sgml", "WMT SGML, a <tstset>", _is_sgml, _read_sgml),
        "jsonl": Format("jsonl", f"a JSON object a line: {LINE_EXAMPLE}", _is_jsonl, _read_jsonl),
        "text": Format("text", "one hypothesis a line", _is_text, _read_text),
    }
)


def read_hypotheses(stream: BinaryIO, name: str, *, max_bytes: int = MAX_BYTES) -> HypothesisFile:
    """Read WMT SGML, JSON lines or plain text, told apart by content, never by name.

    SGML: a segment's text with entities decoded once, without tags, its layout (line breaks,
    runs of spaces) as single spaces. JSON lines and plain text: verbatim. A byte order mark at
    the start is accepted. At most `max_bytes` are read.

    Raises UnreadableFileError (every problem of the file at once) or WrongFileError (a source
    or reference file). An empty file is refused.
    """
    log = ProblemLog(name)
    text = read_text(stream, log, max_bytes=max_bytes)
    if text is None:
        log.raise_as(UnreadableFileError)
        raise AssertionError("a text that can't be read has a problem")
    unsupported = UNSUPPORTED.match(_opening(text))
    if unsupported:
        names = "; ".join(known.description for known in FORMATS.values())
        log.add(f"<{unsupported[1]}> files are not read here. Upload one of: {names}.")
        log.raise_as(UnreadableFileError)
    chosen = next(known for known in FORMATS.values() if known.matches(text))
    lines = chosen.read(text, log)
    log.raise_as(UnreadableFileError)
    return HypothesisFile(name, chosen.name, tuple(lines))
