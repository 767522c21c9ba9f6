"""Errors by audience: the participant's, the test set's (an organiser's), and ours."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.types import Problem

PROBLEMS_KEPT = 1000  # a broken file of a million lines must not become a million messages


class TerminariumError(Exception):
    """Whatever this package raises on purpose."""


class _ProblemsError(TerminariumError):
    """Carries all problems at once: the first 1,000, and the count of all."""

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        self.problems = tuple(problems[:PROBLEMS_KEPT])
        self.total = len(problems) if total is None else total
        super().__init__(self.problems, self.total)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        more = self.total - len(lines)
        return "\n".join([*lines, f"… and {more} more"] if more else lines)


class SubmissionError(_ProblemsError):
    """The participant's fault; its text is shown to them."""


class UnreadableFileError(SubmissionError):
    """The file can't be read as any format we know."""


class WrongFileError(SubmissionError):
    """A readable file, but a source or a reference instead of hypotheses."""


class MisalignedError(SubmissionError):
    """The hypotheses don't fit the test set."""


class TestSetError(_ProblemsError):
    """The test set is broken: its organiser's fault, never a participant's."""

    __test__ = False  # the name looks like a test class to pytest


class InfrastructureError(TerminariumError):
    """Our fault: to be retried, and never charged to a participant."""


class ProblemLog:
    """Collects the problems of one file, bounded in memory."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.total = 0

    def add(self, message: str, *, line: int | None = None, segment: str | None = None) -> None:
        """Note an error; beyond the first 1,000 it is only counted."""
        self.total += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(Problem("error", message, line, segment, self.file))

    def merge(self, other: ProblemLog) -> None:
        """Take over another file's problems, behind our own."""
        room = PROBLEMS_KEPT - len(self.problems)
        self.problems.extend(other.problems[:room])
        self.total += other.total

    def raise_as(self, error: type[SubmissionError] | type[TestSetError]) -> None:
        """Raise `error` with every problem noted, if there is one."""
        if self.total:
            raise error(self.problems, self.total)
