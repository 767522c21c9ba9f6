"""What can be downloaded of submissions and entries, line by line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO

from django.utils.text import slugify

from sharedtasks import testsets
from submissions import hypotheses
from submissions.models import Entry, Submission

PROBLEM_COLUMNS = ("file", "test_set", "severity", "line", "segment", "message")
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")  # what a spreadsheet takes for one, at a cell's start
LAYOUT = re.compile(r"[\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def problems_tsv(submission: Submission) -> Iterator[str]:
    """Write the problems that are kept of a submission, with a heading."""
    yield _row(PROBLEM_COLUMNS)
    problems = submission.problems.select_related("verdict__test_set").order_by(
        "verdict__position", "pk"
    )
    for problem in problems.iterator():
        test_set = problem.verdict.test_set
        yield _row(
            (
                problem.verdict.file,
                test_set.slug if test_set else "",
                problem.severity,
                str(problem.line or ""),
                problem.segment,
                problem.message,
            )
        )


def hypotheses_text(entry: Entry) -> Iterator[str]:
    """Write an entry's hypotheses one a line; the check has let no line break in."""
    for text in hypotheses.texts(entry):
        yield f"{text}\n"


def hypotheses_jsonl(entry: Entry) -> Iterator[str]:
    """Write an entry's hypotheses as they could be uploaded again."""
    segments = testsets.read(entry.test_set).segments
    for segment, text in zip(segments, hypotheses.texts(entry), strict=True):
        row = {"id": segment.id, "doc": segment.document, "translation": text}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def name(entry: Entry, ending: str) -> str:
    """Return a file name that says what it is for: it can be uploaded again as it is."""
    system = slugify(entry.system) or "system"
    return f"{system}-{entry.pk}.{entry.test_set.slot}.{ending}"


def _row(cells: tuple[str, ...]) -> str:
    line = StringIO()
    csv.writer(line, dialect="excel-tab", lineterminator="\n").writerow(map(_cell, cells))
    return line.getvalue()


def _cell(text: str) -> str:
    """Write a cell on one line; a quote before what a spreadsheet would take for a formula."""
    text = LAYOUT.sub(" ", text)
    return f"'{text}" if FORMULA.match(text) else text
