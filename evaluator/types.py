"""The values that pass between the layers; frozen, so that no layer changes another's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

TextForm = Literal["raw", "tokenised"]
Mode = str  # one of MODES, or another name that an organiser gives
MODES: tuple[Mode, ...] = ("proper", "noterm", "random", "sample")  # those of past editions
Unit = Literal["segment", "document"]
DELIMITERS = ("\n\n", "\n")  # that people join paragraphs by, in the order in which they are tried
DEFAULT_DELIMITER = DELIMITERS[0]  # where neither a file nor its reader's caller names one
Severity = Literal["error", "warning"]
Statistics = NDArray[Any]  # int64 or float64, a row per unit: segment or document
Scores = NDArray[np.float64]  # NaN: undefined


@dataclass(frozen=True, slots=True)
class TermAnnotation:
    """A `<term>` element: a dictionary entry and the form in which it occurs."""

    id: str
    type: str  # {src_original|src_lemma}_and_{tgt_original|tgt_lemma}
    source: str
    target: str  # variants separated by |
    form: str  # the element's tokens joined by single spaces

    @property
    def variants(self) -> tuple[str, ...]:
        """The accepted translations as listed, never empty."""
        return tuple(self.target.split("|"))


@dataclass(frozen=True, slots=True)
class Term:
    """An entry of a terminology: a source expression and its accepted translations."""

    id: str  # unique in its terminology
    source: str
    targets: tuple[str, ...]  # never empty, the preferred translation first
    seen: bool | None = None  # whether it occurs in the training data; None: not said


@dataclass(frozen=True, slots=True)
class Terminology:
    """The terms of a language pair; entries with the same source count as one entry."""

    source_language: str
    target_language: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class GoldTerm:
    """An occurrence of a term as annotators marked it, with its translation; for scoring only."""

    source: str
    target: str
    inflected: str | None = None  # the form that this occurrence takes, where it differs
    alternatives: tuple[str, ...] = ()  # other accepted translations
    is_in_sample_segment: bool | None = None  # systems saw its segment; None: not said
    is_in_samples: bool | None = None  # the term stands somewhere in the samples


@dataclass(frozen=True, slots=True)
class Segment:
    """A source segment with its references; texts hold no annotation tags.

    Where the test set's unit is the document, a segment is a paragraph.
    """

    id: str
    document: str
    source: str
    references: tuple[str, ...]
    source_terms: tuple[TermAnnotation, ...] = ()
    reference_terms: tuple[tuple[TermAnnotation, ...], ...] = ()  # a tuple per reference
    terms: tuple[Term, ...] | None = None  # given with it; (): none; None: its document's apply
    gold_terms: tuple[GoldTerm, ...] = ()  # by place; for scoring only


@dataclass(frozen=True, slots=True)
class Document:
    """What a test set says about a document, beside its segments."""

    id: str
    terms: tuple[Term, ...] | None = None  # as Segment.terms; None: those of the test set apply
    delimiter: str | None = None  # joins its paragraphs; None: the whole text is a paragraph


@dataclass(frozen=True, slots=True)
class TermList:
    """Another list of terms for the same segments, such as random terms beside the proper ones."""

    name: str  # proper, random
    terminology: Terminology | None
    documents: tuple[tuple[Term, ...] | None, ...]  # in the order of TestSet.documents, or ()
    segments: tuple[tuple[Term, ...] | None, ...]  # in the order of TestSet.segments, or ()


@dataclass(frozen=True, slots=True)
class UnscoredSegment:
    """A segment of the source file that belongs to no score: of a test suite, or left out.

    Participants may translate it: its line in plain text and its id are accepted and set aside.
    """

    place: int  # 0-based, among all segments of the source file
    id: str
    document: str
    source: str
    terms: tuple[Term, ...] | None = None  # as Segment.terms: participants get them, no score does


@dataclass(frozen=True, slots=True)
class TestSet:
    """Segments of a language pair, in the order of the sources."""

    __test__ = False  # the name looks like a test class to pytest

    source_language: str
    target_language: str
    segments: tuple[Segment, ...]
    text_form: TextForm = "tokenised"
    mode: Mode = "proper"
    terminology: Terminology | None = None
    unscored: tuple[UnscoredSegment, ...] = ()  # by place; they change no score
    unit: Unit = "segment"
    documents: tuple[Document, ...] = ()  # those of which more is said, by first appearance
    other_lists: tuple[TermList, ...] = ()  # of the modes that this test set does not have
    # Of translations, in the family `term`: a name in LEMMATISERS; None: what the language has. Not
    # in the digest: signatures name it, as they name the lemmatiser of the other families.
    lemmatiser: str | None = None

    @property
    def list_name(self) -> str:
        """Return which list its own terms are: those of its mode, `proper` without a list."""
        return "random" if self.mode == "random" else "proper"

    @property
    def all_segments(self) -> tuple[Segment | UnscoredSegment, ...]:
        """Return the segments of the source file in its order, those without a score too."""
        by_place = {segment.place: segment for segment in self.unscored}
        scored = iter(self.segments)
        places = range(len(self.segments) + len(self.unscored))
        return tuple(by_place[at] if at in by_place else next(scored) for at in places)

    @property
    def has_terms(self) -> bool:
        """Return whether it gives a list of terms, at any address: an empty list counts."""
        return (
            self.terminology is not None
            or any(document.terms is not None for document in self.documents)
            or any(segment.terms is not None for segment in self.segments)
        )

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) of everything that decides a score.

        That is languages, text form, mode, unit, all terms with their addresses, and each
        segment's document, id, source (where terms are searched), references and annotations.
        """
        rows = [
            [
                segment.document,
                segment.id,
                segment.source,
                list(segment.references),
                _list_values(segment.source_terms),
                [_list_values(terms) for terms in segment.reference_terms],
            ]
            for segment in self.segments
        ]
        values: list[object] = [
            "terminarium-test-set-2",
            self.source_language,
            self.target_language,
            self.text_form,
            self.mode,
            _list_terminology(self.terminology),
            rows,
        ]
        # Only where a test set has them: all others keep their digests, and so their scores.
        if self.unit != "segment" or self.documents or self.other_lists or self._has_addresses:
            values.append(self._list_addresses())
        # JSON in ASCII quotes every string: no two different test sets serialise alike.
        serialised = json.dumps(values, separators=(",", ":"))
        return hashlib.sha256(serialised.encode("ascii")).hexdigest()

    @property
    def _has_addresses(self) -> bool:
        return any(segment.terms is not None or segment.gold_terms for segment in self.segments)

    def _list_addresses(self) -> list[object]:
        return [
            self.unit,
            [[d.id, _list_terms(d.terms), d.delimiter] for d in self.documents],
            [
                [
                    other.name,
                    _list_terminology(other.terminology),
                    list(map(_list_terms, other.documents)),
                    list(map(_list_terms, other.segments)),
                ]
                for other in self.other_lists
            ],
            [
                [_list_terms(segment.terms), [astuple(gold) for gold in segment.gold_terms]]
                for segment in self.segments
            ],
        ]


def _list_values(terms: tuple[TermAnnotation, ...]) -> list[list[str]]:
    return [[term.id, term.type, term.source, term.target, term.form] for term in terms]


def _list_terminology(terminology: Terminology | None) -> list[object] | None:
    if terminology is None:
        return None
    languages = [terminology.source_language, terminology.target_language]
    return [*languages, _list_terms(terminology.terms)]


def _list_terms(terms: tuple[Term, ...] | None) -> list[object] | None:
    if terms is None:
        return None
    return [[term.id, term.source, list(term.targets), term.seen] for term in terms]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do about it, in words for the person who can fix it."""

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
class Line:
    """A hypothesis as read from a file."""

    number: int  # 1-based, in the file
    segment: str | None  # None in plain text, which has no ids
    document: str | None
    text: str
    source: str | None = None  # where the file repeats it beside the hypothesis


@dataclass(frozen=True, slots=True)
class HypothesisFile:
    """All hypotheses of a file, in file order, not yet paired with a test set."""

    name: str
    format: str  # a key of formats.FORMATS, "json array", "json object" or "json languages"
    lines: tuple[Line, ...]
    # Unreadable lines whose segment is known, so that it is not reported as missing too; without
    # texts, and the document may be unknown. Such a file is refused.
    broken: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class TermAlignment:
    """Which words of a hypothesis translate a term of its segment, as a file says."""

    segment: int  # 0-based, in TestSet.segments
    source: str  # the term
    target: str | None  # None: the hypothesis does not translate it
    # What each occurrence of the term is compared with, where the file says it.
    frequent: str | None = None
    first: str | None = None
    predefined: str | None = None


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """A text per segment of the test set, in its order."""

    texts: tuple[str, ...]
    lines: tuple[int, ...] = ()  # where each stood in its file, 1-based; () if in none
    name: str = ""  # of the file
    notes: tuple[Problem, ...] = ()  # warnings about how the file was read
    alignments: tuple[TermAlignment, ...] = ()  # of terms, from a file of their own
    aside: tuple[tuple[str, int], ...] = ()  # text, line of paragraphs that no score counts


@dataclass(frozen=True, slots=True)
class Score:
    """A number of a metric, with everything that could have changed it."""

    metric: str  # with `@random` or `@proper` after it where another list's terms count
    value: float
    signature: str
    details: Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class ScoringResult:
    """Scores, and the statistics to compute them again from any choice of segments."""

    scores: tuple[Score, ...]
    statistics: Mapping[str, Statistics]  # by metric name, a row per unit: segment or document
    # By metric name, for metrics that have a view of single terms (see Metric.by_term).
    by_term: Mapping[str, Statistics] = field(default_factory=dict)
