"""Errors by audience: the participant's, the test set's (an organiser's), and ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from evaluator.types import HypothesisFile, Problem, Severity

PROBLEMS_KEPT = 1000  # a broken file of a million lines must not become a million messages
MESSAGE_CHARACTERS = 2_000  # messages may quote the file, and a quotation may be megabytes
ID_CHARACTERS = 200
# Control characters and lone surrogates, line and paragraph separators, and characters that show
# nothing or turn the order of others around. U+200C and U+200D are parts of words and of emoji.
UNSHOWABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class TerminariumError(Exception):
    """Whatever this package raises on purpose."""


class _ProblemsError(TerminariumError):
    """Carries all problems at once: the first 1,000, and the count of all."""

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        self.problems = tuple(problems[:PROBLEMS_KEPT])
        self.total = len(problems) if total is None else total
        super().__init__(self.problems, self.total)

    def copy(self) -> Self:
        """Return a new error: a raised error holds on to the file's contents by its traceback."""
        return type(self)(self.problems, self.total)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        more = self.total - len(lines)
        return "\n".join([*lines, f"… and {more} more"] if more else lines)


class SubmissionError(_ProblemsError):
    """The participant's fault; its text is shown to them."""


class UnreadableFileError(SubmissionError):
    """The file can't be read as any format we know, or not to its end."""

    def __init__(
        self,
        problems: Sequence[Problem],
        total: int | None = None,
        *,
        readable: HypothesisFile | None = None,
    ) -> None:
        super().__init__(problems, total)
        self.readable = readable  # the segments without a problem, if there are any


class SeveralSystemsError(UnreadableFileError):
    """The file holds the hypotheses of several systems: say which system is meant."""

    def __init__(
        self, problems: Sequence[Problem], total: int | None = None, *, systems: Sequence[str] = ()
    ) -> None:
        super().__init__(problems, total)
        self.systems = tuple(systems)  # the first ones, in file order

    def copy(self) -> Self:
        """Return a new error with the same systems."""
        return type(self)(self.problems, self.total, systems=self.systems)


class WrongFileError(SubmissionError):
    """A readable file, but a source or a reference instead of hypotheses."""


class MisalignedError(SubmissionError):
    """The hypotheses don't fit the test set."""


class ImageError(SubmissionError):
    """The archive holds no image that can be run."""


class TestSetError(_ProblemsError):
    """The test set is broken: its organiser's fault, never a participant's."""

    __test__ = False  # the name looks like a test class to pytest


class TerminologyError(TestSetError):
    """A term list can't be read: its organiser's fault, like a test set's."""


class LanguageError(TerminariumError):
    """An unknown language code, or a pair of the same language; its text says what to do."""


class InfrastructureError(TerminariumError):
    """Our fault: to be retried, and never charged to a participant."""


@dataclass(slots=True)
class ProblemLog:
    """Collects the problems of a file, bounded in memory."""

    file: str = ""
    severity: Severity = "error"
    problems: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, message: str, *, line: int | None = None, segment: str | None = None) -> None:
        """Note a problem; beyond the first 1,000 it is only counted."""
        self.total += 1
        if len(self.problems) < PROBLEMS_KEPT:
            message = printable(message, MESSAGE_CHARACTERS)
            segment = printable(segment, ID_CHARACTERS) if segment else None
            self.problems.append(Problem(self.severity, message, line, segment, self.file))

    def merge(self, other: ProblemLog) -> None:
        """Take over another file's problems, after our own."""
        self.extend(other.problems, other.total)

    def extend(self, problems: Sequence[Problem], total: int) -> None:
        """Take over problems of which the first ones are known."""
        room = PROBLEMS_KEPT - len(self.problems)
        self.problems.extend(problems[:room])
        self.total += total

    def raise_as(self, error: type[SubmissionError] | type[TestSetError]) -> None:
        """Raise `error` with every problem noted, if there is any."""
        if self.total:
            raise error(self.problems, self.total)


def in_document(name: str | None) -> str:
    """` in document X` for a sentence, or nothing where the document has no name."""
    return f" in document {name}" if name else ""


def printable(text: str, length: int) -> str:
    """Return at most `length` characters, for a message: what is no character to show is �."""
    if len(text) > length:
        text = text[: length - 1] + "…"
    if text.isprintable():
        return text
    return UNSHOWABLE.sub("�", text)
