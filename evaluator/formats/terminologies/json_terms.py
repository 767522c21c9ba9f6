"""JSON, taken literally: for terms that a rule would read wrongly.

Our own JSON lines; arrays of such objects; and objects that map sources to their targets.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.json_lines import parse_object
from evaluator.formats.terminologies.listed import MAX_ENTRIES, ListedTerm

MAX_LINE = 100_000  # characters; a hundred of the longest targets
EXAMPLE = '{"id": "1", "source": "glove", "targets": ["gant"], "seen": true}'
KEYS = {"source", "target", "targets"}
FORBIDDING = ("forbidden", "deprecated", "prohibited", "obsolete")  # with true
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def read_json(text: str, log: ProblemLog) -> Iterator[ListedTerm]:
    """Yield the terms of a file that begins with a bracket, in any of the forms.

    In lines with an object each, `id` and `seen` may be left out.
    """
    start = text.lstrip()
    first = start.split("\n", 1)[0][:MAX_LINE]
    value = parse_object(first)
    if isinstance(value, dict):
        is_term = {"source"} < (KEYS & value.keys())
        is_dictionary = all(isinstance(item, str | list) for item in value.values())
    else:
        is_term, is_dictionary = False, first.strip() == "{"
    if start.startswith("["):
        yield from _read_whole(text, "[]", _read_element, log)
    elif not is_term and is_dictionary:
        yield from _read_whole(text, "{}", _read_item, log)
    else:
        for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
            if not line.strip():
                continue
            is_long = len(line) > MAX_LINE
            value = f"The line has {len(line):,} characters." if is_long else parse_object(line)
            yield from _list_term(number, value, log)


class _BrokenError(Exception):
    """The JSON cannot be read from `place` on; the text is the reason."""

    def __init__(self, place: int, reason: str) -> None:
        self.place = place
        super().__init__(reason)


def _read_whole(
    text: str,
    brackets: str,
    read: Callable[[str, int], tuple[dict[str, object] | str, int]],
    log: ProblemLog,
) -> Iterator[ListedTerm]:
    """Yield the terms of an array or object, piece by piece: no tree of it is built."""
    place = _skip(text, text.index(brackets[0]) + 1)
    line, counted, is_more = 1, 0, False
    for _ in range(MAX_ENTRIES + 2):
        if text[place : place + 1] == brackets[1] and not is_more:
            if text[place + 1 :].strip():
                log.add("There is more after the end of the JSON value. Remove it.", line=line)
            return
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, place = read(text, place)
            place = _skip(text, place)
            if text[place : place + 1] not in (",", brackets[1]):
                raise _BrokenError(place, f"a comma or {brackets[1]} is missing")
        except _BrokenError as error:
            at = text.count("\n", 0, error.place) + 1
            log.add(f"The file is not valid JSON ({error}). Fix it.", line=at)
            return
        yield from _list_term(line, value, log)
        is_more = text[place] == ","
        if is_more:
            place = _skip(text, place + 1)


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _read_value(text: str, place: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise _BrokenError(error.pos, error.msg) from None
    except RecursionError:
        raise _BrokenError(place, "nested too deeply") from None
    except ValueError:  # a number of thousands of digits
        raise _BrokenError(place, "a number that is too long") from None


def _read_element(text: str, place: int) -> tuple[dict[str, object] | str, int]:
    value, end = _read_value(text, place)
    is_object = isinstance(value, dict)
    return (value if is_object else "The element is not an object."), end  # type: ignore[return-value]


def _read_item(text: str, place: int) -> tuple[dict[str, object] | str, int]:
    source, end = _read_value(text, place)
    if not isinstance(source, str):
        raise _BrokenError(place, "a source in quotation marks is missing")
    end = _skip(text, end)
    if text[end : end + 1] != ":":
        raise _BrokenError(end, "a colon is missing")
    targets, end = _read_value(text, _skip(text, end + 1))
    if isinstance(targets, str):
        targets = [targets]
    if not isinstance(targets, list):
        shown = json.dumps(source[:60], ensure_ascii=False)
        return f"The targets of {shown} must be a string or a list of strings.", end
    return {"source": source, "targets": targets}, end


def _list_term(
    number: int, value: dict[str, object] | str, log: ProblemLog
) -> Iterator[ListedTerm]:
    """Yield the term of an object, unless something is wrong with it."""
    if isinstance(value, dict):
        value = _rename_keys(value)
    problems = [value] if isinstance(value, str) else _find_problems(value)
    for problem in problems:
        log.add(f"{problem} Write {EXAMPLE}.", line=number)
    if isinstance(value, str) or problems:
        return
    targets, seen = value["targets"], value.get("seen")
    assert isinstance(targets, list)
    yield ListedTerm(
        number,
        str(value.get("id", "")),
        str(value["source"]),
        tuple(map(str, targets)),
        seen if isinstance(seen, bool) else None,
        is_literal=True,
        status=str(value.get("status", "")),
    )


def _rename_keys(value: dict[str, object]) -> dict[str, object]:
    """Return an object with `targets` and `status` for other tools' `target` and `forbidden`."""
    target = value.get("target")
    if "targets" not in value and isinstance(target, str | list):
        value = {**value, "targets": [target] if isinstance(target, str) else target}
    forbids = next((key for key in FORBIDDING if value.get(key) is True), None)
    return {**value, "status": forbids} if forbids else value


def _find_problems(value: dict[str, object]) -> list[str]:
    problems = []
    if not isinstance(value.get("source"), str):
        problems.append('"source" must be a string.')
    targets = value.get("targets")
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        problems.append('"targets" must be a list of strings.')
    elif any("|" in target for target in targets):
        problems.append('A target holds "|", which separates targets: list them one by one.')
    identifier = value.get("id", "")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        problems.append('"id" must be a string or a whole number.')
    if not isinstance(value.get("seen"), bool | None):
        problems.append('"seen" must be true, false or null.')
    if not isinstance(value.get("status", ""), str):
        problems.append('"status" must be a string.')
    return problems
