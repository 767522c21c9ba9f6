"""JSON, taken literally: for terms that a rule would read wrongly.

Our own JSON lines; arrays of such objects; objects that map sources to their targets; and objects
that hold several of these lists by name, such as a list for each terminology mode.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.json_lines import parse_object
from evaluator.formats.terminologies.changes import Change, quote, quote_all
from evaluator.formats.terminologies.column_names import find_role, simplify_name
from evaluator.formats.terminologies.json_pieces import (
    MAX_VALUE,
    BrokenJSONError,
    add_broken,
    pass_over,
    read_key,
    read_value,
    skip_space,
)
from evaluator.formats.terminologies.layouts import Layout, Pair, read_header
from evaluator.formats.terminologies.listed import MAX_ENTRIES, ListedTerm, is_language
from evaluator.formats.terminologies.statuses import read_flag

MAX_KEYS = 20  # of an object that is a term; an object with more maps sources to targets
MAX_LISTS = 100  # of a file
EXAMPLE = '{"id": "1", "source": "glove", "targets": ["gant"], "seen": true}'
EACH_LINE = f"Write each object into a line of its own, or all into an array: [{EXAMPLE}, …]."
KEYS = {"source", "target", "targets"}
FORBIDDING = ("forbidden", "deprecated", "prohibited", "obsolete", "do_not_use")
_OBJECTS = re.compile(r"(?:\[[ \t\r\n]*)?\{")  # how a list in a list of lists begins


def read_json(
    text: str, pair: Pair, list_name: str | None, log: ProblemLog, report: list[Change]
) -> Iterator[ListedTerm]:
    """Yield the terms of a file that begins with a bracket, in any of the forms.

    In lines with an object each, `id` and `seen` may be left out. Of several lists by name
    `list_name` is read; without it, a file with more than a single list is refused.
    """
    start = skip_space(text, 0)
    shape = "array" if text[start] == "[" else _find_shape(text, start + 1, pair)
    if shape == "lists":
        lists = _read_lists(text, start + 1, log)
        place = _choose_list(lists, list_name, log, report)
        if place is not None:
            yield from _read_whole(text, place, pair, log, report)
    elif shape == "spread":
        log.add(f"The first object takes several lines. {EACH_LINE}", line=1)
    elif shape != "lines":
        yield from _read_whole(text, start, pair, log, report, is_last=True)
    else:
        naming = _Naming(pair, log.file, report)
        for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
            if not line.strip():
                continue
            is_long = len(line) > MAX_VALUE
            value = f"The line has {len(line):,} characters." if is_long else parse_object(line)
            yield from _list_term(number, naming.rename(value, number), log)


def _find_shape(text: str, start: int, pair: Pair) -> str:
    """Return what the object is whose first key comes at `start`: `lists`, `dictionary`, `lines`.

    It is a term, in lines with an object each, if a few keys with `source` and `target` are all;
    `spread` if such an object takes several lines.
    """
    keys: list[str] = []
    place = skip_space(text, start)
    try:
        while len(keys) < MAX_KEYS and text[place : place + 1] != "}":
            key, place = read_key(text, place)
            if not keys and _OBJECTS.match(text, place):
                return "dictionary" if _is_entry(text, place, pair) else "lists"
            keys.append(key)
            place = skip_space(text, read_value(text, place)[1])
            if text[place : place + 1] == ",":
                place = skip_space(text, place + 1)
    except BrokenJSONError:
        return "lines" if {*keys} & {*KEYS, "id", "seen"} else "dictionary"
    is_whole = text[place : place + 1] == "}"
    is_term = is_whole and "source" in keys and len(KEYS & {*keys}) > 1
    if is_term and "\n" in text[start:place]:
        return "spread"
    if is_term or (is_whole and isinstance(read_header(keys, pair), Layout)):
        return "lines"
    return "dictionary"


def _is_entry(text: str, place: int, pair: Pair) -> bool:
    """Return whether an object is an entry: `{"fr": …}`, `{"target": …, "status": …}`.

    Its first key is a language of the pair, or all of its keys are names of columns.
    """
    if text[place] != "{":
        return False
    try:
        key = read_key(text, skip_space(text, place + 1))[0]
    except BrokenJSONError:
        return False
    if any(is_language(key, language) for language in pair):
        return True
    try:
        value = read_value(text, place)[0] if find_role(simplify_name(key)) else None
    except BrokenJSONError:  # a list is longer
        return False
    roles = [find_role(simplify_name(name)) for name in value] if isinstance(value, dict) else []
    return "target" in roles and all(roles)


def _read_lists(text: str, place: int, log: ProblemLog) -> dict[str, int]:
    """Return where each list of an object of lists begins, by name; other values are no lists."""
    lists: dict[str, int] = {}
    place = skip_space(text, place)
    try:
        while True:
            name, place = read_key(text, place)
            if name in lists:
                raise BrokenJSONError(place, f"the list {quote(name)} stands twice")
            if text[place : place + 1] in ("{", "["):
                lists[name] = place
                end = pass_over(text, place)
            else:
                end = read_value(text, place)[1]
            if len(lists) > MAX_LISTS:
                raise BrokenJSONError(place, f"there are more than {MAX_LISTS} lists")
            place = skip_space(text, end)
            if text[place : place + 1] == "}":
                _require_end(text, place + 1, log)
                return lists
            if text[place : place + 1] != ",":
                raise BrokenJSONError(place, "a comma or } is missing")
            place = skip_space(text, place + 1)
    except BrokenJSONError as error:
        add_broken(text, error, log)
        return {}


def _choose_list(
    lists: dict[str, int], name: str | None, log: ProblemLog, report: list[Change]
) -> int | None:
    """Return where the list begins that is to be read; None with a problem in `log`."""
    if not lists or log.total:
        return None
    if name is None and len(lists) == 1:
        name = next(iter(lists))
    if name in lists:
        others = [other for other in lists if other != name]
        left = f"; {quote_all(others)} not" if others else ""
        message = f"The list {quote(str(name))} is read{left}."
        report.append(Change(1, "", "layout", message, log.file))
        return lists[str(name)]
    names = quote_all(list(lists))
    lack = f"no list {quote(name)} but" if name else "several lists:"
    log.add(f"The file holds {lack} {names}. Say which list is to be read, by its name.", line=1)
    return None


def _require_end(text: str, place: int, log: ProblemLog) -> None:
    if text[place:].strip():
        log.add(
            "There is more after the end of the JSON value. Put all terms into a single array "
            "or object.",
            line=text.count("\n", 0, skip_space(text, place)) + 1,
        )


def _read_whole(
    text: str,
    start: int,
    pair: Pair,
    log: ProblemLog,
    report: list[Change],
    *,
    is_last: bool = False,
) -> Iterator[ListedTerm]:
    """Yield the terms of an array or object, piece by piece: no tree of it is built.

    `is_last`: nothing may come after it.
    """
    closing, read = ("]", _read_element) if text[start] == "[" else ("}", _read_item)
    naming = _Naming(pair, log.file, report)
    place = skip_space(text, start + 1)
    line, counted, is_more, is_first = 1, 0, False, True
    for _ in range(MAX_ENTRIES + 2):
        if text[place : place + 1] == closing and not is_more:
            if is_last:
                _require_end(text, place + 1, log)
            return
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, place = read(text, place)
            place = skip_space(text, place)
            if text[place : place + 1] not in (",", closing):
                raise BrokenJSONError(place, f"a comma or {closing} is missing")
        except BrokenJSONError as error:
            add_broken(text, error, log)
            return
        if not (is_first and closing == "}" and naming.is_header(value, line)):
            yield from _list_term(line, naming.rename(value, line), log)
        is_first, is_more = False, text[place] == ","
        if is_more:
            place = skip_space(text, place + 1)


class _Naming:
    """Objects and items whose keys are named as a table's columns: `en`, `Translation`."""

    def __init__(self, pair: Pair, file: str, report: list[Change]) -> None:
        self._pair, self._file, self._report = pair, file, report
        self._known: dict[tuple[str, ...], tuple[str, str] | None] = {}

    def is_header(self, value: dict[str, object] | str, line: int) -> bool:
        """Return whether an object's first item was a table's header, and report it."""
        if isinstance(value, str) or not isinstance(value["targets"], list):
            return False
        names = [str(value["source"]), *map(str, value["targets"])]
        layout = read_header(names, self._pair) if len(names) == 2 else None
        if not isinstance(layout, Layout):
            return False
        note = layout.note.replace("first row", "first item").replace("a row with", "an item with")
        self._report.append(Change(line, "", "layout", note, self._file))
        return True

    def rename(self, value: dict[str, object] | str, line: int) -> dict[str, object] | str:
        """Return an object with `source` and `target` for the names of its keys."""
        if isinstance(value, str) or "source" in value or len(value) > MAX_KEYS:
            return value
        keys = tuple(value)
        if keys not in self._known and len(self._known) < MAX_KEYS:
            layout = read_header(keys, self._pair)
            sides = (
                (keys[layout.source], keys[layout.target]) if isinstance(layout, Layout) else None
            )
            self._known[keys] = sides
            if sides:
                message = f"Sources and targets are in {quote_all(sides)}."
                self._report.append(Change(line, "", "layout", message, self._file))
        sides = self._known.get(keys)
        return {**value, "source": value[sides[0]], "target": value[sides[1]]} if sides else value


def _read_element(text: str, place: int) -> tuple[dict[str, object] | str, int]:
    value, end = read_value(text, place)
    return (value if isinstance(value, dict) else "The element is not an object."), end


def _read_item(text: str, place: int) -> tuple[dict[str, object] | str, int]:
    source, end = read_key(text, place)
    targets, end = read_value(text, end)
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
        status=str(value.get("status") or ""),
    )


def _rename_keys(value: dict[str, object]) -> dict[str, object]:
    """Return an object with `targets` and `status` for other tools' `target` and `forbidden`."""
    target = value.get("target")
    if "targets" not in value and isinstance(target, str | list):
        value = {**value, "targets": [target] if isinstance(target, str) else target}
    status = value.get("status") or ""
    flags = [key for key in FORBIDDING if isinstance(value.get(key), str | bool)]
    if flags and isinstance(status, str):
        return {**value, "status": read_flag(flags[0], str(value[flags[0]]), status)}
    return value


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
    if not isinstance(value.get("status") or "", str):
        problems.append('"status" must be a string.')
    return problems
