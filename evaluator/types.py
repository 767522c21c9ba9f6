"""The values that pass between the layers; frozen, so that no layer changes another's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

TextForm = Literal["raw", "tokenised"]
Severity = Literal["error", "warning"]
Statistics = NDArray[Any]  # int64 or float64, one row per segment


@dataclass(frozen=True, slots=True)
class TermAnnotation:
    """One `<term>` element: a dictionary entry and the form in which it occurs."""

    id: str
    type: str  # {src_original|src_lemma}_and_{tgt_original|tgt_lemma}
    source: str
    target: str  # variants separated by |
    form: str  # the element's tokens joined by single spaces

    @property
    def variants(self) -> tuple[str, ...]:
        """The accepted translations as listed, at least one."""
        return tuple(self.target.split("|"))


@dataclass(frozen=True, slots=True)
class Segment:
    """A source segment with its references; texts hold no annotation tags."""

    id: str
    document: str
    source: str
    references: tuple[str, ...]
    source_terms: tuple[TermAnnotation, ...]
    reference_terms: tuple[tuple[TermAnnotation, ...], ...]  # one tuple per reference


@dataclass(frozen=True, slots=True)
class TestSet:
    """Segments of one language pair, in reference order."""

    __test__ = False  # the name looks like a test class to pytest

    source_language: str
    target_language: str
    segments: tuple[Segment, ...]
    text_form: TextForm = "tokenised"

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) of everything that decides a score.

        That is languages, text form, and each segment's document, id, references and terms.
        The source's text decides none, so that correcting it needs no rescore.
        """
        content = ["terminarium-test-set-1", self.source_language, self.target_language]
        rows = [_canonical(segment) for segment in self.segments]
        # JSON in ASCII quotes every string: no two different test sets serialise alike.
        serialised = json.dumps([*content, self.text_form, rows], separators=(",", ":"))
        return hashlib.sha256(serialised.encode("ascii")).hexdigest()


def _canonical(segment: Segment) -> list[object]:
    return [
        segment.document,
        segment.id,
        list(segment.references),
        _canonical_terms(segment.source_terms),
        [_canonical_terms(terms) for terms in segment.reference_terms],
    ]


def _canonical_terms(terms: tuple[TermAnnotation, ...]) -> list[list[str]]:
    return [[term.id, term.type, term.source, term.target, term.form] for term in terms]


@dataclass(frozen=True, slots=True)
class Line:
    """One hypothesis as read from a file."""

    number: int  # 1-based, in the file
    segment: str | None  # None in plain text, which has no ids
    document: str | None
    text: str


@dataclass(frozen=True, slots=True)
class HypothesisFile:
    """All hypotheses of a file, in file order, not yet paired with a test set."""

    name: str
    format: str  # a key of formats.FORMATS
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """One text per segment of the test set, in its order."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do about it, in words for the person who can mend it."""

    severity: Severity
    message: str
    line: int | None = None
    segment: str | None = None
    file: str = ""

    def __str__(self) -> str:
        """`file:line: segment X: message`, without the parts that are unknown."""
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        segment = f"segment {self.segment}" if self.segment is not None else ""
        return ": ".join(part for part in (place, segment, self.message) if part)


@dataclass(frozen=True, slots=True)
class Score:
    """One number of one metric, with everything that could have changed it."""

    metric: str
    value: float
    signature: str
    details: Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class ScoringResult:
    """Scores, and the statistics to compute them again from any choice of segments."""

    scores: tuple[Score, ...]
    statistics: Mapping[str, Statistics]  # by metric name, one row per segment
