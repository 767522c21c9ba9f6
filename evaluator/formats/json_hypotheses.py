"""Hypotheses in JSON: an object a line, an array of strings, an object of ids and strings.

Objects are ours, or have languages as their keys, as WMT25's: those are in the order of the
sources, which they repeat.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.detection import is_jsonl
from evaluator.formats.json_lines import parse_object, wrong_id, wrong_string
from evaluator.formats.language_keys import find_language_keys
from evaluator.formats.limits import Refused, require_few_marks
from evaluator.formats.recognition import HypothesisFormat
from evaluator.formats.requests import Request
from evaluator.types import Line

LINE_EXAMPLE = '{"id": "…", "translation": "…"}'
OTHER_NAMES = {  # of the keys of JSON lines, by which other tools write them
    "id": ("segment", "segment_id", "segid", "seg_id", "seg"),
    "translation": ("hypothesis", "hyp", "target", "output", "prediction", "mt", "text"),
}
STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*"'
KEYS = {
    "id": re.compile(rf'"id"\s*+:\s*+(?:{STRING}|[0-9]{{1,20}}+(?=[,}} ]))'),  # or without quotes
    "doc": re.compile(rf'"doc"\s*+:\s*+{STRING}'),
}


def read_value(data: bytearray) -> object:
    """Return the whole file as a value of JSON, None if it is not JSON.

    Raises Refused for a file that could hold millions of values.
    """
    require_few_marks(data, b'[{",')
    try:
        return json.loads(data, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        return None


class _Object(dict[str, object]):
    """An object that remembers the keys which stood in it more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(pairs) > len(self) else {}
        self.twice = [key for key, count in counts.items() if count > 1]


def read_array(value: object, request: Request) -> Iterator[Line]:
    """Yield the strings of an array, numbered from 1. Raises Refused for an array of others."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        of = "objects" if isinstance(value, list) and _are(value, dict) else "other things"
        raise Refused(
            f"The file is a JSON array of {of}. Write one object a line: {LINE_EXAMPLE}; or an "
            "array of strings, a string for each segment in order."
        )
    for number, text in enumerate(value, 1):
        fault = wrong_string(f"string {number}", text)
        if fault:
            request.log.add(fault)
        request.budget.charge(text)
        yield Line(number, None, None, text)


def read_object(value: object, request: Request) -> Iterator[Line]:
    """Yield the strings of an object whose keys are ids. Raises Refused for another object."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise Refused(_describe_object(value))
    for key in value.twice if isinstance(value, _Object) else ():
        request.log.add("The key stands in the file more than once. Keep one.", segment=key)
    for number, (key, text) in enumerate(value.items(), 1):
        fault = wrong_id("a key", key) or wrong_string(key[:50], text)
        if fault:
            request.log.add(fault)
        request.budget.charge(key, text)
        yield Line(number, key, None, text)


def _describe_object(value: object) -> str:
    """Return what a JSON value holds in the place of ids and strings, and what to send."""
    values = value if isinstance(value, dict) else {}
    inner = next((name for name, items in values.items() if isinstance(items, list | dict)), None)
    of = "ids and strings"
    if inner is None:
        what = f"The file is a JSON object, but not of {of}."
    else:
        kind = "an array" if isinstance(values[inner], list) else "an object"
        what = f'The file is a JSON object whose "{inner[:50]}" holds {kind}.'
        if len(values) == 1 and kind == "an array" and _are(values[inner], str):
            what += " Send that array only, a string for each segment in order, or"
            return f"{what} write one object a line: {LINE_EXAMPLE}."
    return f"{what} Write one object a line: {LINE_EXAMPLE}."


def _are(items: list[object], kind: type) -> bool:
    return bool(items) and all(isinstance(item, kind) for item in items)


def has_language_keys(value: object, request: Request) -> bool:
    """Return whether an object has both languages of the pair as keys, and no id."""
    if request.pair is None or not isinstance(value, dict) or {"id", "translation"} & value.keys():
        return False
    return find_language_keys(value, request.pair) is not None


def read_languages(data: bytearray, request: Request) -> Iterator[Line]:
    """Yield the lines of a file whose keys are languages: translations with their sources."""
    require_few_marks(data, b"[{")
    assert request.pair is not None
    source_language, target_language = request.pair
    example = f'{{"{source_language}": "…", "{target_language}": "…"}}'
    for number, row in split_lines(data, request.log):
        if not row.strip():
            continue
        value = parse_object(row)
        if isinstance(value, str):
            request.log.add(f"{value} Write one object a line: {example}.", line=number)
            continue
        keys = find_language_keys(value, request.pair)
        faults = [wrong_string(key, value.get(key)) for key in keys or request.pair]
        problems = [fault for fault in faults if fault]
        for problem in problems:
            request.log.add(f"{problem} Write {example}.", line=number)
        if problems or keys is None:
            continue
        source, text = (str(value[key]) for key in keys)
        request.budget.charge(source, text, line=number)
        yield Line(number, None, None, text, source)


def read_jsonl(data: bytearray, request: Request) -> Iterator[Line]:
    require_few_marks(data, b"[{")
    blanks: list[int] = []  # at the file's end they mean nothing
    note_broken = partial(_note_broken, request=request)
    for number, row in split_lines(data, request.log, on_long=note_broken):
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
            note_broken(number, row)
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
    """Return which other key the object seems to have instead, None if it has none."""
    other = next((name for name in OTHER_NAMES[key] if name in value), None)
    if key in value or other is None:
        return None
    return f'The key "{key}" is missing. Rename "{other}" to "{key}".'


def _note_broken(number: int, row: str, request: Request) -> None:
    """Note the segment of a broken line, if its id can be read without the rest."""
    segment, document = (_find_string(key, row) for key in ("id", "doc"))
    if segment:
        request.note_broken(number, segment, document)


def _find_string(key: str, row: str) -> str | None:
    match = KEYS[key].search(row)
    parsed = parse_object(f"{{{match[0]}}}") if match else ""
    value = parsed.get(key) if isinstance(parsed, dict) else None
    value = str(value) if isinstance(value, int) else value
    return value if isinstance(value, str) and wrong_id(key, value) is None else None


JSONL = HypothesisFormat(
    name="jsonl",
    title="JSON lines",
    suffix=".jsonl",
    description=f"a JSON object a line: {LINE_EXAMPLE}",
    help="In any order: segments are found by their id. `doc` may be left out where ids are unique "
    "in the test set.",
    example='{"id": "1", "doc": "leaflet", "translation": "$first"}\n'
    '{"id": "2", "doc": "leaflet", "translation": "$second"}',
    begins_with=r"\{",
    matches=is_jsonl,
    read=read_jsonl,
)
