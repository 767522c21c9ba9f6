"""Tables: TICO-19's two CSV layouts, and plain TSV."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.terminologies.listed import ListedTerm

DELIMITERS = (",", ";", "\t")  # the second is what spreadsheets write in half of Europe
COLUMNS = ("sourceLang", "targetLang", "sourceString", "targetString")
ID_COLUMNS = ("id", "stringid")
MAX_BROKEN_ROWS = 100  # each may cost a scan of csv's longest field
MAX_COLUMNS = 3  # of TSV; what is beyond shows as a fourth
SEEN = {"": None, "0": False, "1": True}


def find_delimiter(first_line: str) -> str | None:
    """Return the delimiter if the line is a CSV header of ours, even an incomplete one."""
    for delimiter in DELIMITERS:
        names = _header([cell.strip().strip('"') for cell in first_line.split(delimiter)])
        if any(column.lower() in names for column in COLUMNS):
            return delimiter
    return None


def read_csv(text: str, delimiter: str, log: ProblemLog) -> Iterator[ListedTerm]:
    """Yield each row; columns by name in any order, unknown ones ignored."""
    rows = _csv_rows(text, delimiter, log)
    line, names = next(rows, (1, []))
    places = _header(names)
    missing = [column for column in COLUMNS if column.lower() not in places]
    if missing:
        log.add(
            f"The header lacks {', '.join(missing)}. "
            f"Write a first row with id,{','.join(COLUMNS)}.",
            line=line,
        )
        return
    for line, row in rows:
        if len(row) != len(names):
            log.add(
                f"The row has {len(row)} cells, the header {len(names)}. Put a cell that "
                f"holds {delimiter!r} into quotation marks, or mend the row.",
                line=line,
            )
            continue
        yield _listed(line, row, places)


def _header(names: list[str]) -> dict[str, int]:
    return {name.strip().lower(): place for place, name in enumerate(names)}


def _listed(line: int, row: list[str], places: dict[str, int]) -> ListedTerm:
    source_language, target_language, source, target = (
        row[places[column.lower()]] for column in COLUMNS
    )
    place = next((places[name] for name in ID_COLUMNS if name in places), None)
    identifier = "" if place is None else row[place].strip()
    languages = source_language.strip(), target_language.strip()
    return ListedTerm(line, identifier, source, (target,), languages=languages)


class _Lines(Iterator[str]):
    """Lines that can be read again: after a row that can't be read, from its second line."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text, newline="\n")
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self.number = 0  # of the last line given

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._row.append(line)
        self.number += 1
        return line

    def begin_row(self) -> int:
        """Return the number of the row's first line."""
        self._row.clear()
        return self.number + 1

    def back_to_second_line(self) -> None:
        self._again.extendleft(reversed(self._row[1:]))
        self.number -= len(self._row) - 1


def _csv_rows(text: str, delimiter: str, log: ProblemLog) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    broken = 0
    while True:
        start = lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            log.add(_in_words(error), line=start)
            broken += 1
            if broken == MAX_BROKEN_ROWS:
                log.add("So many rows are broken that the rest was not read.", line=start)
                return
            lines.back_to_second_line()
            reader = csv.reader(lines, strict=True, delimiter=delimiter)
            continue
        if row:  # a blank line is none
            yield start, row


def _in_words(error: csv.Error) -> str:
    if "field limit" in str(error):
        reason = f"A cell that starts here has more than {csv.field_size_limit():,} characters"
    elif "new-line" in str(error):
        return "There is a carriage return inside the row. Save the file with line feeds."
    else:
        reason = "The row's quotation marks don't pair up"
    return (
        f"{reason}. Put a cell with quotation marks into quotation marks and double those "
        'inside: "a ""b"" c".'
    )


def read_tsv(text: str, log: ProblemLog) -> Iterator[ListedTerm]:
    """Yield each line `source TAB target[|target…][TAB seen]`; quotation marks are text."""
    is_first = True
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        if not line.strip():
            continue
        cells = line.rstrip("\r\n").split("\t", MAX_COLUMNS)
        was_first, is_first = is_first, False
        if was_first and _is_tsv_header(cells):
            continue
        if len(cells) not in (2, 3):
            log.add(
                "The line does not have two or three columns. Write source TAB target|target, and "
                "perhaps TAB 1 or 0 for seen in training or not.",
                line=number,
            )
            continue
        seen = cells[2].strip() if len(cells) > 2 else ""
        if seen not in SEEN:
            log.add("The third column (seen in training) must be 0, 1 or empty.", line=number)
            continue
        targets = tuple(target for target in cells[1].split("|") if target.strip())
        yield ListedTerm(number, "", cells[0], targets, SEEN[seen])


def _is_tsv_header(cells: list[str]) -> bool:
    names = [cell.strip().lower() for cell in cells]
    return names[0] == "source" and names[1:2] in (["target"], ["targets"])
