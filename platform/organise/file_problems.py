"""What is wrong with files of a test set, each problem with the text that stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.files.uploadedfile import UploadedFile

import evaluator
from evaluator.errors import printable
from evaluator.types import Problem

PROBLEMS_SHOWN = 50
QUOTED_CHARACTERS = 120
PACKED = (b"\x1f\x8b", b"PK")  # how gzip and zip files begin: their lines are not the text's


@dataclass(frozen=True, slots=True)
class QuotedProblem:
    """A problem, and the beginning of its line; empty where no line is known."""

    problem: Problem
    quoted: str


def describe_problems(
    error: evaluator.TestSetError, uploads: Iterable[UploadedFile[Any]]
) -> dict[str, object]:
    """Return the context of `organise/_file_problems.html`."""
    shown = error.problems[:PROBLEMS_SHOWN]
    files = list(uploads)
    counts = Counter(file.name for file in files)
    lines: dict[str, Mapping[int, str]] = {}
    for file in files:
        numbers = {row.line for row in shown if row.line and row.file == file.name}
        if numbers and file.name and counts[file.name] == 1:
            lines[file.name] = _read_lines(file, numbers)
    return {
        "problems": [
            QuotedProblem(row, lines.get(row.file, {}).get(row.line or 0, "")) for row in shown
        ],
        "problems_total": error.total,
    }


def _read_lines(file: UploadedFile[Any], numbers: Collection[int]) -> dict[int, str]:
    """Return the beginnings of lines of a plain file in UTF-8, by their numbers."""
    file.seek(0)
    if file.read(2) in PACKED:
        return {}
    file.seek(0)
    quoted = {}
    for number, line in enumerate(islice(file, max(numbers)), start=1):
        if number in numbers:
            text = line[: 4 * QUOTED_CHARACTERS].decode(errors="replace").strip("\r\n\ufeff")
            quoted[number] = printable(text.replace("\t", "⇥"), QUOTED_CHARACTERS)
    return quoted
