"""Tables: TICO-19's two CSV layouts, and plain tables with tabs, commas or semicolons."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
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
from evaluator.formats.terminologies.rows import (
    MAX_COLUMNS,
    MAX_MARKS,
    csv_rows,
    find_wide_line,
    is_quoted,
    open_reader,
    plain_rows,
)
from evaluator.formats.terminologies.statuses import read_flag, read_permission

# Semicolons: half of Europe's Excel. Bars are looked for where Excel's first line names them.
DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}
MAX_COMMENTS = 100  # lines at the beginning
SAMPLE = 50  # lines that decide on delimiter and layout
SAMPLE_LINE = 10_000  # characters of such a line
ALIKE = 0.8  # of the sample's rows, at least, have as many cells as most
NO_LAYOUT = (
    "It is not clear which column holds what. Write a first row with their names, such as "
    "source and target."
)
TWO_COLUMNS = (
    "The line does not have two or three columns. Write source TAB target|target, and "
    "perhaps TAB 1 or 0 for seen in training or not."
)
_COMMENT = re.compile(r"(?:#+[ !]|//|#+\s*$)[^\t]*$")
# No JSON and no markup begins like this: the bracket closes before the first mark of the row.
_BRACKETED_CELL = re.compile(
    r'\s*(?:[\[{][^\[\]{}"\n\t,;:]{0,100}[\]}]|<(?![A-Za-z!?/]))[^\n\t,;]{0,1000}[\t,;]'
)
_SEPARATOR_LINE = re.compile(r'("?)sep=([\t;,|])\1[ \t;,]*(?=\r?\n)', re.IGNORECASE)
_QUOTED_CELL = re.compile(r'(?:^|(?<=[,;\t]))"(?:[^"]|"")*"(?=[,;\t\r\n]|$)')


def read_any_table(
    text: str, pair: Pair, log: ProblemLog, report: list[Change]
) -> Iterator[ListedTerm] | None:
    """Return the terms of a text, after comments and Excel's first line; None if not a table."""
    table, comment = take_comments(text)
    if comment is not None:
        message = "The comment at the beginning is passed over."
        report.append(Change(comment, "", "layout", message, log.file))
    table, delimiter = take_separator_line(table)
    delimiter = delimiter or find_delimiter(table, pair)
    return read_table(table, delimiter, pair, log, report) if delimiter else None


def begins_as_table(text: str) -> bool:
    """Return whether a text with a bracket in front is a table: `[18F]FDG;…`, `<5 years;…`."""
    return _BRACKETED_CELL.match(text) is not None


def find_delimiter(text: str, pair: Pair) -> str | None:
    """Return what separates the columns of a table, None if the text is not a table.

    A tab in the first line decides; then a header with known names of columns; then the mark,
    semicolon or comma, that gives most rows the same number of cells. Of two such marks it is
    the mark whose columns can be told.
    """
    lines = _take_sample(text)
    if not lines:
        return None
    if "\t" in _QUOTED_CELL.sub("", lines[0]):
        return "\t"
    named = (mark for mark in ";," if has_known_names(lines[0].rstrip("\r\n").split(mark)))
    regular = [mark for mark in ";," if _is_regular(lines, mark)]
    clear = (mark for mark in regular if len(regular) > 1 and _has_layout(lines, mark, pair))
    return next(chain(named, clear, regular, "\t" if "\t" in lines[0] else ""), None)


def take_separator_line(text: str) -> tuple[str, str | None]:
    """Return the text without Excel's first line `sep=;` (left empty), and the line's mark."""
    match = _SEPARATOR_LINE.match(text)
    return (text[match.end() :], match[2]) if match else (text, None)


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
    row = row[:SAMPLE_LINE]
    marks = [mark for mark in ",;" if comments and mark in row and "\t" not in row]
    if any(has_known_names(row.rstrip("\r").split(mark)) for mark in marks):
        return False
    return any(comment.count(mark) == row.count(mark) for comment in comments for mark in marks)


def read_table(
    text: str, delimiter: str, pair: Pair, log: ProblemLog, report: list[Change]
) -> Iterator[ListedTerm]:
    """Yield each row of a table; columns by name in any order, unknown ones ignored.

    Between tabs, quotation marks are text unless they are Excel's: only around whole cells,
    doubled inside. What was concluded on delimiter, header and columns is reported.
    """
    is_plain = delimiter == "\t" and not is_quoted(text)
    wide = None if is_plain else find_wide_line(text, delimiter)
    if wide is not None:
        many = f"The line has more than {MAX_MARKS:,} {DELIMITERS[delimiter]}."
        log.add(f"{many} Give a source and a target in each row.", line=wide)
        return
    rows = plain_rows(text) if is_plain else csv_rows(text, delimiter, log)
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
        if layout.has_header and row == first[1]:  # files that were joined
            message = "The header again: passed over."
            report.append(Change(line, "", "layout", message, log.file))
            continue
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
    widths = Counter(map(len, _cut(lines, delimiter)))
    width, rows = widths.most_common(1)[0] if widths else (0, 0)
    return width > 1 and rows >= ALIKE * widths.total()


def _cut(lines: list[str], delimiter: str) -> list[list[str]]:
    """Return the sample's rows, none where csv cannot read them."""
    try:
        return [row for row in open_reader(lines, delimiter) if row]
    except csv.Error:
        return []


def _has_layout(lines: list[str], delimiter: str, pair: Pair) -> bool:
    layout = _choose_layout(_cut(lines, delimiter), delimiter, pair)
    return isinstance(layout, Layout)


def _find_layout(text: str, delimiter: str, first: list[str], pair: Pair) -> Layout | str | None:
    """Return the layout by the first row, as csv or plainly cut, and by those after it."""
    if len(first) > MAX_COLUMNS:
        return f"The first row has more than {MAX_COLUMNS} cells. Keep those of source and target."
    rows = _cut(_take_sample(text), delimiter)
    return _choose_layout([first, *rows[1:]], delimiter, pair)


def _choose_layout(rows: list[list[str]], delimiter: str, pair: Pair) -> Layout | str | None:
    if not rows or not 1 < len(rows[0]) <= MAX_COLUMNS:
        return None
    has_tabs = delimiter == "\t"
    return (
        find_glossary_layout(rows)
        or read_header(rows[0], pair)
        or find_plain_layout(rows, has_free_width=has_tabs)
    )


def _build_term(line: int, row: list[str], layout: Layout, delimiter: str) -> ListedTerm:
    """Return a row's term; in a column such as `forbidden`, yes stands for the column's name."""
    languages = _cell(row, layout.source_language), _cell(row, layout.target_language)
    target = row[layout.target]
    is_list = delimiter == "\t" and layout.source_language is None  # bars separate targets
    return ListedTerm(
        line,
        _cell(row, layout.id),
        row[layout.source],
        tuple(part for part in target.split("|") if part.strip()) if is_list else (target,),
        SEEN[_cell(row, layout.seen)],
        languages=languages if all(languages) else None,
        status=_read_status_cells(row, layout),
    )


def _read_status_cells(row: list[str], layout: Layout) -> str:
    """Return a row's status by its columns for it; a column such as `allowed` forbids by `no`."""
    status = _cell(row, layout.status)
    if layout.allowed is not None:
        status = read_permission(_cell(row, layout.allowed), status)
    return read_flag(layout.forbidden_name, _cell(row, layout.forbidden), status)


def _cell(row: list[str], place: int | None) -> str:
    """Return a cell's text; nothing for a column that the table, or a short row, lacks."""
    return "" if place is None or place >= len(row) else row[place].strip()


def _find_problem(row: list[str], layout: Layout, delimiter: str) -> str | None:
    """Return what is wrong with a row, None if nothing is; empty cells at its end are nothing."""
    is_free = layout.has_free_width and delimiter == "\t"
    fewest, most = (2, 3) if is_free else (layout.width, layout.width)
    if len(row) < fewest or any(map(str.strip, row[most:])):
        if is_free:
            return TWO_COLUMNS
        return (
            f"The row has {len(row)} cells, the {'header' if layout.has_header else 'first row'} "
            f"{layout.width}. Put a cell that holds {delimiter!r} into quotation marks, or fix "
            "the row."
        )
    if _cell(row, layout.seen) in SEEN:
        return None
    if is_free:
        return "The third column (seen in training) must be 0, 1 or empty."
    return "The column seen must hold 0, 1 or nothing."
