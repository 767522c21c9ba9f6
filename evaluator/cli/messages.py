"""The messages of a command: on standard error, and in its JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

from evaluator.checking.folding import fold
from evaluator.errors import PROBLEMS_KEPT
from evaluator.types import Problem

Weight = Literal["error", "warning", "note"]


class Messages:
    """Prints problems and notes as they come, and keeps the first 1,000 of them."""

    def __init__(self, shown: int) -> None:
        self.shown = shown  # problems of each file that are printed
        self._kept: list[dict[str, object]] = []

    def report(
        self, problems: Sequence[Problem], total: int, *, segments: int | None = None
    ) -> None:
        """Print the first problems, equal problems on one line, and how many more there are.

        `segments` is the number of the test set's.
        """
        folded = fold(problems, of=segments, total=total)[: self.shown]
        for group in folded:
            prefix = "warning: " if group.problem.severity == "warning" else ""
            print(f"{prefix}{group.problem}", file=sys.stderr)
        more = total - sum(group.count for group in folded)
        if more > 0:
            print(f"… and {more:,} more", file=sys.stderr)
        for problem in problems:
            self._keep(
                problem.severity,
                problem.message,
                file=problem.file or None,
                line=problem.line,
                segment=problem.segment,
            )

    def note(self, text: str, *, file: str | None = None, line: int | None = None) -> None:
        """Print a note, about a file or in general."""
        print(f"note: {_name(file, line)}{text}", file=sys.stderr)
        self._keep("note", text, file=file, line=line)

    def warn(self, text: str, *, file: str) -> None:
        """Print a warning about a file as a whole."""
        print(f"warning: {_name(file)}{text}", file=sys.stderr)
        self._keep("warning", text, file=file)

    def tell(self, text: str, severity: Weight, *, file: str | None = None) -> None:
        """Print why the command, or a part of it, fails: a sentence that is about no line."""
        print(f"{_name(file)}{text}", file=sys.stderr)
        self._keep(severity, text, file=file)

    def as_json(self) -> list[dict[str, object]]:
        """Return the messages in order, each with severity, message, file, line and segment."""
        return self._kept

    def _keep(
        self,
        severity: str,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        segment: str | None = None,
    ) -> None:
        if len(self._kept) < PROBLEMS_KEPT:
            row = {"severity": severity, "message": message, "file": file}
            self._kept.append({**row, "line": line, "segment": segment})


def _name(file: str | None, line: int | None = None) -> str:
    place = ":".join(str(part) for part in (file, line) if part)
    return f"{place}: " if place else ""
