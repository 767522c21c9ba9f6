"""Downloads of submissions and entries, written line by line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from io import StringIO

from django.utils.text import slugify

from submissions import hypotheses
from submissions.models import Entry, Submission

PROBLEM_COLUMNS = ("file", "test_set", "severity", "line", "segment", "message")
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")  # a cell that begins so is computed by a spreadsheet
LAYOUT = re.compile(r"[\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def write_problems(submission: Submission) -> Iterator[str]:
    """Write the problems that are kept of a submission, with a heading."""
    yield write_row(PROBLEM_COLUMNS)
    problems = submission.problems.select_related("verdict__test_set").order_by(
        "verdict__position", "pk"
    )
    for problem in problems.iterator():
        test_set = problem.verdict.test_set
        yield write_row(
            (
                problem.verdict.file,
                test_set.slug if test_set else "",
                problem.severity,
                str(problem.line or ""),
                problem.segment,
                problem.message,
            )
        )


def write_text(entry: Entry) -> Iterator[str]:
    """Write each hypothesis of an entry on a line; the check refuses line breaks."""
    for text in hypotheses.read_texts(entry):
        yield f"{text}\n"


def write_jsonl(entry: Entry) -> Iterator[str]:
    """Write an entry's hypotheses in a form that can be uploaded again."""
    segments = hypotheses.list_segments(entry)
    for segment, text in zip(segments, hypotheses.read_texts(entry), strict=True):
        row = {"id": segment.id, "doc": segment.document, "translation": text}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def build_file_name(entry: Entry, ending: str) -> str:
    """Return a file name that names the test set, so the file can be uploaded again."""
    system = slugify(entry.system) or "system"
    return f"{system}-{entry.pk}.{entry.test_set.slot}.{ending}"


def write_row(cells: Iterable[str | float | None], dialect: str = "excel-tab") -> str:
    """Write a line of a table; text that a spreadsheet would compute gets a quote before it."""
    line = StringIO()
    csv.writer(line, dialect=dialect, lineterminator="\n").writerow(
        _write_cell(cell) if isinstance(cell, str) else cell for cell in cells
    )
    return line.getvalue()


def _write_cell(text: str) -> str:
    """Write a cell on one line, with a quote before a formula."""
    text = LAYOUT.sub(" ", text)
    return f"'{text}" if FORMULA.match(text) else text
