"""The rows of a table's text, bounded: plain lines with tabs, or CSV with quotation marks."""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from evaluator.errors import ProblemLog

MAX_COLUMNS = 100  # of a header; csv would build a list of millions of cells
MAX_MARKS = 1_000  # of the delimiter in a line, in columns and in quoted cells
MAX_BROKEN_ROWS = 100  # each may cost a scan of csv's longest field


def find_wide_line(text: str, delimiter: str) -> int | None:
    """Return the number of the first line with too many delimiters for csv, None without any."""
    lines = enumerate(io.StringIO(text, newline="\n"), 1)
    return next((number for number, line in lines if line.count(delimiter) > MAX_MARKS), None)


def is_quoted(text: str) -> bool:
    """Return whether a table with tabs has Excel's quotation marks: they make more rows alike."""
    if '"' not in text or find_wide_line(text, "\t") is not None:
        return False
    try:
        rows = csv.reader(io.StringIO(text, newline="\n"), strict=True, delimiter="\t")
        widths = Counter(len(row) for row in rows if any(map(str.strip, row)))
    except csv.Error:
        return False
    lines = (line for line in io.StringIO(text, newline="\n") if line.strip())
    plain = Counter(line.count("\t") + 1 for line in lines)
    return len(widths) == 1 or _count_odd_rows(widths) < _count_odd_rows(plain)


def _count_odd_rows(widths: Counter[int]) -> int:
    return widths.total() - max(widths.values(), default=0)


def plain_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not blank, cut at its tabs; a text of tabs costs no list of them."""
    width = None
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        if not line.strip():
            continue
        cells = line.rstrip("\r\n").split("\t", MAX_COLUMNS if width is None else width)
        width = max(width or 0, len(cells), 3)
        yield number, cells


class _Lines(Iterator[str]):
    """Lines that can be read again: after a row that cannot be read, from its second line."""

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


def open_reader(
    lines: Iterable[str], delimiter: str, *, strict: bool = False
) -> Iterator[list[str]]:
    """Return csv's reader; a space before a cell's quotation mark is not part of the cell."""
    return csv.reader(lines, strict=strict, delimiter=delimiter, skipinitialspace=delimiter != "\t")


def csv_rows(text: str, delimiter: str, log: ProblemLog) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the number of its first line; others go to `log`."""
    lines = _Lines(text)
    reader = open_reader(lines, delimiter, strict=True)
    broken = 0
    while True:
        start = lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            log.add(_describe(error), line=start)
            broken += 1
            if broken == MAX_BROKEN_ROWS:
                log.add("So many rows are broken that the rest was not read.", line=start)
                return
            lines.back_to_second_line()
            reader = open_reader(lines, delimiter, strict=True)
            continue
        if any(cell.strip() for cell in row):  # a blank row is not a row
            yield start, row


def _describe(error: csv.Error) -> str:
    if "field limit" in str(error):
        reason = f"A cell that starts here has more than {csv.field_size_limit():,} characters"
    elif "new-line" in str(error):
        return "There is a carriage return inside the row. Save the file with line feeds."
    else:
        reason = "The row's quotation marks do not pair up"
    return (
        f"{reason}. Put a cell with quotation marks into quotation marks and double those "
        'inside: "a ""b"" c".'
    )
