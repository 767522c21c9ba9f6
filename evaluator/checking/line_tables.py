"""Reads tables: plain text in which each line begins with its segment's id or source.

Nothing is guessed: every line has to begin, between the same marks, with what belongs to its own
segment, the sources must not do so themselves, and what is left must be a single column.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluator.checking.beginnings import has_number_near_start
from evaluator.checking.signs import Key, Signs, Unit
from evaluator.types import Line

CELLS = 50  # in a row; a table with more is not a table of translations
NOT_THE_TRANSLATION = {"reference", "ref", "source", "src", "gold"}


@dataclass(frozen=True, slots=True)
class Table:
    """The translations of a table, a line for each unit."""

    lines: tuple[Line, ...]
    note: str  # what was read, as a warning


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class _Segments:
    """The units of a file, and what their sources begin with."""

    units: Sequence[Unit]
    are_numbered: bool  # most sources begin with their ids or numbers, as items of a list do
    have_numbers: bool  # most sources have any number near their start
    are_long: bool  # most sources are too long to be the start of their translations by chance


KEYS: dict[str, tuple[Key, ...]] = {
    "id": (
        lambda _, unit: unit.id,
        lambda _, unit: f"{unit.document}:{unit.id}",
        lambda _, unit: f"{unit.document}/{unit.id}",
        lambda _, unit: f"{unit.document}-{unit.id}",
        lambda _, unit: f"{unit.document}_{unit.id}",
    ),
    "number": (lambda number, _: str(number),),
    "source": (lambda _, unit: unit.source,),
}
SURE = ("\t", "|||")  # between cells, and hardly ever in a text
STRONG = (*SURE, ",", ";")  # between cells
WEAK = (": ", ":", ". ", ".", ") ", ")", " - ", " – ", "=", "|", " ")  # after an id
SMALL = 4  # digits; a text may begin with such a number itself: "1. ", "2020 "
LONG = 10  # characters of a source
NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons"}
# Columns need a mark of STRONG in each row, which may be several lines if a cell is in quotes;
# without one, the lines begin with ids.
SIGNS = Signs(marks='\t|"', frequent=",;", names=KEYS["id"])


def read_table(lines: Sequence[Line], units: Sequence[Unit]) -> Table | None:
    """Return the translations of lines that are the rows of a table, None if they are not.

    Each line has to begin with the id or the source of the unit of the same place. Columns may
    be separated by tabs, `|||`, commas or semicolons (with the quotes of CSV), an id also by
    marks such as `: ` or `. `. A header is passed over. Linear in the length of the lines.
    """
    lines = without_empty_end(lines, len(units))
    if not units or not lines:
        return None
    numbered = 0
    for number, unit in enumerate(units, 1):
        names = [name for name in (unit.id, str(number)) if unit.source.startswith(name)]
        numbered += any(not unit.source[len(name) :][:1].isalnum() for name in names)
    near = sum(has_number_near_start(unit.source) for unit in units)
    long = sum(len(unit.source) >= LONG for unit in units)
    half = len(units) / 2
    segments = _Segments(units, numbered > half, near > half, long > half)
    # A single line may begin with its number by chance: "1,5 mg".
    for mark in STRONG if len(units) > 1 else SURE:
        table = _read_cells(lines, segments, mark)
        if table is not None:
            return table
    if len(units) < 2 or len(lines) != len(units):
        return None
    return next(filter(None, (_read_prefixed(lines, segments, mark) for mark in WEAK)), None)


def without_empty_end(lines: Sequence[Line], wanted: int) -> Sequence[Line]:
    """Return the lines without those at the end that are empty and more than `wanted`."""
    end = len(lines)
    while end > wanted and not lines[end - 1].text.strip():
        end -= 1
    return lines[:end]


def _read_cells(lines: Sequence[Line], segments: _Segments, mark: str) -> Table | None:
    units = segments.units
    if not any(mark in line.text for line in lines[:2]):
        return None
    splits = (_split_quoted,) if mark in ",;" else (_split_plainly, _split_quoted)
    for split in splits if mark != "|||" else (_split_plainly,):
        rows = split(lines, mark)
        if rows is None or not 0 <= len(rows) - len(units) <= 1:
            continue
        header = rows[0] if len(rows) > len(units) else None
        table = _pick_column(rows[len(rows) - len(units) :], header, segments, mark)
        if table is not None:
            return table
    return _read_prefixed(lines, segments, mark) if len(lines) == len(units) else None


def _split_plainly(lines: Sequence[Line], mark: str) -> list[_Row] | None:
    return [_Row(line.number, line.text.split(mark, CELLS)) for line in lines]


def _split_quoted(lines: Sequence[Line], mark: str) -> list[_Row] | None:
    """Split as CSV, where a cell in quotes may hold marks and line breaks."""
    reader = csv.reader(
        (f"{line.text}\n" for line in lines), delimiter=mark, strict=True, skipinitialspace=True
    )
    rows: list[_Row] = []
    start = 0
    try:
        for cells in reader:
            rows.append(_Row(lines[start].number, cells[:CELLS]))
            start = reader.line_num
    except csv.Error:
        return None
    return rows


def _pick_column(
    rows: list[_Row], header: _Row | None, segments: _Segments, mark: str
) -> Table | None:
    units = segments.units
    width = len(rows[0].cells)
    if width < 2 or any(len(row.cells) != width for row in rows):
        return None
    own = {column: _find_owner(rows, column, units) for column in range(width)}
    kinds = [kind for kind in KEYS if kind in own.values()]
    if not kinds or not _is_shown_by(kinds, mark, segments):
        return None
    rest = [column for column in range(width) if own[column] is None]
    if not rest and list(own.values()).count("source") > 1:
        rest = [width - 1]  # the copied source
    if len(rest) != 1:
        return None
    column = rest[0]
    if header is not None and len(header.cells) == width:
        name = header.cells[column].strip().strip('"').lower()
        if name in NOT_THE_TRANSLATION:
            return None
    texts = [row.cells[column].strip(" ") if mark == "|||" else row.cells[column] for row in rows]
    where = f"column {column + 1} of {width}"
    return _build_table([row.number for row in rows], _unquote(texts), mark, kinds, where)


def _find_owner(rows: list[_Row], column: int, units: Sequence[Unit]) -> str | None:
    """Return what of its own segment this column holds in every row."""
    cells = [_squeeze(row.cells[column]) for row in rows]
    for kind, keys in KEYS.items():
        for key in keys:
            if all(cell == _squeeze(key(n, units[n - 1])) for n, cell in enumerate(cells, 1)):
                return kind
    if all(cell == _squeeze(unit.document) for cell, unit in zip(cells, units, strict=True)):
        return "document"
    return None


def _is_shown_by(kinds: list[str], mark: str, segments: _Segments) -> bool:
    """Return whether columns of these kinds show a table: no text would begin so by itself."""
    if "source" in kinds:
        return mark in SURE or segments.are_long or len(kinds) > 1
    if mark in SURE:
        return not segments.are_numbered
    return not segments.are_numbered and not segments.have_numbers


def _read_prefixed(lines: Sequence[Line], segments: _Segments, mark: str) -> Table | None:
    """Read lines that begin with their own id or source and a mark; the rest is the text."""
    units = segments.units
    for kind, keys in KEYS.items():
        # "1. Ouvrez" may translate "First: open": that is for the rules about lists.
        if mark not in STRONG and (kind != "id" or segments.are_numbered):
            continue
        for key in keys:
            texts = list(_cut_names(lines, units, key, mark))
            if len(texts) == len(lines) and any(texts):
                if mark in STRONG and not _is_shown_by([kind], mark, segments):
                    return None
                names = [key(number, unit) for number, unit in enumerate(units, 1)]
                small = sum(name.isdecimal() and len(name) <= SMALL for name in names)
                if mark not in STRONG and 2 * small >= len(names):
                    continue
                numbers = [line.number for line in lines]
                return _build_table(numbers, _unquote(texts), mark, [kind], "what follows")
    return None


def begin_with_sources(lines: Sequence[Line], units: Sequence[Unit]) -> bool:
    """Return whether most lines begin with any long source and a mark: a table in another order."""
    sources = {_squeeze(unit.source) for unit in units if len(unit.source) >= LONG}
    count = sum(
        any(_squeeze(cell) in sources for cell in _list_first_cells(line.text)) for line in lines
    )
    return count > 1 and 2 * count >= len(lines)


def _list_first_cells(text: str) -> Iterator[str]:
    """Yield what stands before the first of each mark, in quotes or not."""
    text = text.lstrip()
    for mark in STRONG:
        if mark in text:
            yield text.partition(mark)[0]
    if text.startswith('"'):
        end = 1
        while (end := text.find('"', end)) > 0 and text[end + 1 : end + 2] == '"':
            end += 2
        if end > 0 and text[end + 1 :].lstrip(" ").startswith(STRONG):
            yield text[: end + 1]


def _cut_names(lines: Sequence[Line], units: Sequence[Unit], key: Key, mark: str) -> Iterator[str]:
    """Yield the text of each line, and stop at a line that does not begin as it should."""
    for number, (line, unit) in enumerate(zip(lines, units, strict=True), 1):
        text, name = line.text.strip(), key(number, unit).strip()
        start = next(
            (s for s in (name, f'"{name}"') if text.startswith(s) and _follows(text, s, mark)), None
        )
        if not name or start is None:
            return
        rest = text[len(start) :].lstrip(" ")
        rest = rest[len(mark.strip(" ")) :].lstrip(" ")
        # Further marks are the text's only where the source has as many.
        if mark in SURE and rest.count(mark) > unit.source.count(mark):
            return
        yield rest


def _follows(text: str, start: str, mark: str) -> bool:
    rest = text[len(start) :]
    if mark == " ":
        return rest[:1] == " " and rest.lstrip(" ")[:1] not in tuple("=:|,;-–")
    return rest.startswith(mark) or (mark in STRONG and rest.lstrip(" ").startswith(mark))


def _unquote(texts: list[str]) -> list[str]:
    """Take the quotes of CSV off, where every text has them."""
    if all(len(text) > 1 and text[0] == text[-1] == '"' for text in texts):
        return [text[1:-1].replace('""', '"') for text in texts]
    return texts


def _build_table(
    numbers: list[int], texts: list[str], mark: str, kinds: list[str], where: str
) -> Table:
    lines = (Line(number, None, None, text) for number, text in zip(numbers, texts, strict=True))
    between = NAMES.get(mark, f"“{mark.strip() or 'a space'}”")
    return Table(
        tuple(lines),
        f"The file is a table, not plain text: each line has its segment's {' and '.join(kinds)}, "
        f"separated by {between}. The translations are read from it ({where}). It is better "
        "to send only the translations, or JSON lines.",
    )


def _squeeze(text: str) -> str:
    text = text.strip().removeprefix("\ufeff")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return " ".join(text.split())
