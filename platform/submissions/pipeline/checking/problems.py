"""Problems as rows, in words that every database takes."""

from __future__ import annotations

from collections.abc import Sequence

import evaluator
from submissions.models import Problem, Verdict

MAX_NAME = 200  # characters of a file's name, in its row


def build_rows(verdict: Verdict, problems: Sequence[evaluator.Problem]) -> list[Problem]:
    """Return the rows of a verdict's problems, not saved yet."""
    return [
        Problem(
            submission_id=verdict.submission_id,
            verdict=verdict,
            severity=problem.severity,
            file=make_storable(problem.file)[-MAX_NAME:],
            line=problem.line,
            segment=make_storable(problem.segment or "")[:200],
            message=make_storable(problem.message),
        )
        for problem in problems
    ]


def count_in_words(total: int) -> str:
    """Return `1 problem` or `1,234 problems`."""
    return "1 problem" if total == 1 else f"{total:,} problems"


def make_storable(text: str) -> str:
    """Return a text without what a database refuses; problems quote hostile bytes."""
    # PostgreSQL takes no NUL, UTF-8 no lone surrogate.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
