"""Tables: TICO-19's two CSV layouts, and plain tables with tabs, commas or semicolons."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from itertools import chain, islice

from evaluator.errors import ProblemLog
from evaluator.formats.terminologies.changes import Change
from evaluator.formats.terminologies.layouts import (
    SEEN,
    Layout,
    Pair,
    find_glossary_layout,
    find_plain_layout,
    has_known_names,
    read_header,
)
from evaluator.formats.terminologies.listed import ListedTerm

DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas"}  # semicolons: half of Europe's Excel
MAX_COMMENTS = 100  # lines at the beginning
SAMPLE = 50  # lines that decide on delimiter and layout
SAMPLE_LINE = 10_000  # characters of such a line
ALIKE = 0.8  # of the sample's rows, at least, have as many cells as most
MAX_COLUMNS = 100  # of a header with tabs
MAX_BROKEN_ROWS = 100  # each may cost a scan of csv's longest field
# In a column such as `forbidden`; other words there are read as statuses.
YES = {"1", "x", "✓", "y", "yes", "true", "ja", "oui", "sí", "si", "wahr", "vrai", "да", "是"}
NO = {"", "0", "-", "n", "no", "false", "nein", "non", "falsch", "faux", "нет", "否"}
NO_LAYOUT = (
    "It is not clear which column holds what. Write a first row with their names, such as "
    "source and target."
)
TWO_COLUMNS = (
    "The line does not have two or three columns. Write source TAB target|target, and "
    "perhaps TAB 1 or 0 for seen in training or not."
)
_COMMENT = re.compile(r"(?:#+[ !]|//|#+\s*$)[^\t]*$")
_SEPARATOR_LINE = re.compile(r"sep=(.)[ \t]*(?=\r?\n)", re.IGNORECASE)


def read_any_table(
    text: str, pair: Pair, log: ProblemLog, report: list[Change]
) -> Iterator[ListedTerm] | None:
    """Return the terms of a text, after comments and Excel's first line; None if not a table."""
    table, comment = take_comments(text)
    if comment is not None:
        message = "The comment at the beginning is passed over."
        report.append(Change(comment, "", "layout", message, log.file))
    table, delimiter = take_separator_line(table)
    delimiter = delimiter or find_delimiter(table)
    return read_table(table, delimiter, pair, log, report) if delimiter else None


def find_delimiter(text: str) -> str | None:
    """Return what separates the columns of a table, None if the text is not a table.

    A tab in the first line decides; then a header with known names of columns; then the mark,
    semicolon or comma, that gives most rows the same number of cells.
    """
    lines = _take_sample(text)
    if not lines:
        return None
    if "\t" in lines[0]:
        return "\t"
    named = (mark for mark in ";," if has_known_names(lines[0].rstrip("\r\n").split(mark)))
    regular = (mark for mark in ";," if _is_regular(lines, mark))
    return next(chain(named, regular), None)


def take_separator_line(text: str) -> tuple[str, str | None]:
    """Return the text without Excel's first line `sep=;` (left empty), and the line's mark."""
    match = _SEPARATOR_LINE.match(text)
    if match is None or match[1] not in DELIMITERS:
        return text, None
    return text[match.end() :], match[1]


def take_comments(text: str) -> tuple[str, int | None]:
    """Return the text without comments before its first row, and the first comment's line.

    A comment begins with # or //, has no tab, and is not cut into cells as the next row is:
    `# of patients,nombre de patients` is a term. Its line stays, empty.
    """
    comments: list[int] = []
    lines = text.split("\n", MAX_COMMENTS)
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        if not _COMMENT.match(line.rstrip("\r")):
            if _are_cut_alike([lines[comment] for comment in comments], line):
                return text, None
            break
        comments.append(place)
    for place in comments:
        lines[place] = ""
    return "\n".join(lines), comments[0] + 1 if comments else None


def _are_cut_alike(comments: list[str], row: str) -> bool:
    """Return whether a comment has as many cells as the first row, if that is not a header."""
    marks = [mark for mark in ",;" if mark in row and "\t" not in row]
    if any(has_known_names(row.rstrip("\r").split(mark)) for mark in marks):
        return False
    return any(comment.count(mark) == row.count(mark) for comment in comments for mark in marks)


def read_table(
    text: str, delimiter: str, pair: Pair, log: ProblemLog, report: list[Change]
) -> Iterator[ListedTerm]:
    """Yield each row of a table; columns by name in any order, unknown ones ignored.

    Between tabs, quotation marks are text unless they are Excel's: only around whole cells,
    doubled inside. A layout that is not documented is reported.
    """
    is_plain = delimiter == "\t" and not _is_quoted(text)
    rows = _plain_rows(text) if is_plain else _csv_rows(text, delimiter, log)
    first = next(rows, (1, []))
    layout = _find_layout(text, delimiter, first[1], pair)
    if layout is None or isinstance(layout, str):
        log.add(layout or NO_LAYOUT, line=first[0])
        return
    between = ""
    if delimiter != "\t" and (layout.note or not layout.has_header):
        between = f"The columns are separated by {DELIMITERS[delimiter]}."
    for note in filter(None, (between, layout.note)):
        report.append(Change(first[0], "", "layout", note, log.file))
    for line, row in rows if layout.has_header else chain([first], rows):
        problem = _find_problem(row, layout, delimiter)
        if problem:
            log.add(problem, line=line)
        else:
            yield _build_term(line, row, layout, delimiter)


def _take_sample(text: str) -> list[str]:
    lines = (line[:SAMPLE_LINE] for line in io.StringIO(text, newline="\n") if line.strip())
    return list(islice(lines, SAMPLE))


def _is_regular(lines: list[str], delimiter: str) -> bool:
    """Return whether a delimiter gives most lines the same number of cells, two or more."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        return False
    width, rows = widths.most_common(1)[0]
    return width > 1 and rows >= ALIKE * widths.total()


def _find_layout(text: str, delimiter: str, first: list[str], pair: Pair) -> Layout | str | None:
    try:
        rows = [row for row in csv.reader(_take_sample(text), delimiter=delimiter) if row]
    except csv.Error:
        rows = []
    layout = find_glossary_layout(rows) or read_header(first, pair)
    if layout is None and delimiter == "\t" and len(first) <= 3:
        return Layout(3, 0, 1, has_header=False, has_free_width=True, seen=2)
    return layout or (find_plain_layout(rows) if rows else None)


def _build_term(line: int, row: list[str], layout: Layout, delimiter: str) -> ListedTerm:
    """Return a row's term; in a column such as `forbidden`, yes stands for the column's name."""
    languages = _cell(row, layout.source_language), _cell(row, layout.target_language)
    target = row[layout.target]
    status, forbids = _cell(row, layout.status), _cell(row, layout.forbidden).casefold()
    if forbids in YES:
        status = layout.forbidden_name
    elif not status and forbids not in NO:
        status = forbids
    is_list = delimiter == "\t" and layout.source_language is None  # bars separate targets
    return ListedTerm(
        line,
        _cell(row, layout.id),
        row[layout.source],
        tuple(part for part in target.split("|") if part.strip()) if is_list else (target,),
        SEEN[_cell(row, layout.seen)],
        languages=languages if all(languages) else None,
        status=status,
    )


def _cell(row: list[str], place: int | None) -> str:
    """Return a cell's text; nothing for a column that the table, or a short row, lacks."""
    return "" if place is None or place >= len(row) else row[place].strip()


def _find_problem(row: list[str], layout: Layout, delimiter: str) -> str | None:
    """Return what is wrong with a row, None if nothing is."""
    if layout.has_free_width and delimiter == "\t":
        if len(row) not in (2, 3):
            return TWO_COLUMNS
        is_known = _cell(row, layout.seen) in SEEN
        return None if is_known else "The third column (seen in training) must be 0, 1 or empty."
    if len(row) == layout.width:
        is_known = _cell(row, layout.seen) in SEEN
        return None if is_known else "The column seen must hold 0, 1 or nothing."
    return (
        f"The row has {len(row)} cells, the {'header' if layout.has_header else 'first row'} "
        f"{layout.width}. Put a cell that holds {delimiter!r} into quotation marks, or fix the row."
    )


def _is_quoted(text: str) -> bool:
    """Return whether a table with tabs has Excel's quotation marks."""
    if '"' not in text:
        return False
    try:
        rows = csv.reader(io.StringIO(text, newline="\n"), strict=True, delimiter="\t")
        widths = Counter(len(row) for row in rows if row)
    except csv.Error:
        return False
    return len(widths) == 1


def _plain_rows(text: str) -> Iterator[tuple[int, list[str]]]:
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
            log.add(_describe(error), line=start)
            broken += 1
            if broken == MAX_BROKEN_ROWS:
                log.add("So many rows are broken that the rest was not read.", line=start)
                return
            lines.back_to_second_line()
            reader = csv.reader(lines, strict=True, delimiter=delimiter)
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
