"""Rows of source and references: what every reader of a test set in one file yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evaluator.errors import ProblemLog
from evaluator.formats.limits import Budget


@dataclass(frozen=True, slots=True)
class Row:
    """One segment of a test set as it stands in the file."""

    line: int
    document: str
    id: str
    source: str
    references: tuple[str, ...]
    terms: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (source, targets)
    is_scored: bool = True  # False: of a test suite, or of a document that is left out


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the test set is said to be in, and what is read of it."""

    source_language: str
    target_language: str
    sources_only: bool = False  # references are neither read nor checked
    leave_out: frozenset[str] = frozenset()  # documents that belong to no score
    on_note: Callable[[str], None] = lambda _: None  # told what was passed over


RowReader = Callable[[bytearray, ProblemLog, Budget, Wanted], Iterator[Row]]
