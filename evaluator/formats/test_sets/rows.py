"""The segments of a test set as its file lists them, and the checks that all formats share."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.limits import MAX_BYTES, Budget
from evaluator.types import (
    Document,
    GoldTerm,
    Mode,
    Segment,
    Term,
    TermAnnotation,
    Terminology,
    TermList,
    TextForm,
    Unit,
    UnscoredSegment,
)

GivenTerms = tuple[tuple[str, tuple[str, ...]], ...]  # (source, targets)
NamedBytes = tuple[str, bytearray]  # a file's name, and what it holds
NO_REFERENCE = (
    "A test set needs at least one reference. Add one, to every segment (in a table: in a column "
    "target or reference)."
)
# Letters and symbols of Unicode that leave no ink: Hangul fillers, the blank pattern of braille.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_INKLESS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about a test set, and which parts of it are read."""

    pair: tuple[str, str]  # source and target language
    mode: Mode = "proper"
    text_form: TextForm | None = None  # None: the format decides
    sources_only: bool = False  # references are neither read nor checked
    references_required: bool = True
    plain_text: bool = False  # files of a sentence a line are read too
    unit: Unit | None = None  # None: as the files show
    delimiter: str | None = None  # between paragraphs; "" for none, None: as the files show
    leave_out: frozenset[str] = frozenset()  # documents that belong to no score
    max_bytes: int = MAX_BYTES  # of each file
    on_note: Callable[[str], None] = lambda _: None  # called with what is not read


@dataclass(frozen=True, slots=True)
class TestSetRow:
    """A segment as it stands in the file."""

    __test__ = False  # the name looks like a test class to pytest

    line: int
    document: str
    id: str
    source: str
    references: tuple[str, ...]
    terms: GivenTerms | None = None  # as Segment's
    is_scored: bool = True  # False: of a test suite, without reference, or left out
    lists: Mapping[str, GivenTerms] = field(default_factory=dict)  # by name, where there are some
    gold_terms: tuple[GoldTerm, ...] = ()
    source_terms: tuple[TermAnnotation, ...] = ()
    reference_terms: tuple[tuple[TermAnnotation, ...], ...] = ()  # () where no text is annotated


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """What the file says of a document beside its segments."""

    line: int
    document: str
    terms: GivenTerms | None = None
    delimiter: str | None = None
    is_unit: bool = False  # the file says a delimiter, or that there is none


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list of terms for the whole test set."""

    name: str
    terms: GivenTerms


AnyRow = TestSetRow | DocumentRow | ListRow
RowReader = Callable[[bytearray, ProblemLog, Budget, Options], Iterator[AnyRow]]


@dataclass(frozen=True, slots=True)
class Contents:
    """What the files of a test set hold."""

    segments: tuple[Segment, ...] = ()
    unscored: tuple[UnscoredSegment, ...] = ()
    text_form: TextForm = "raw"
    unit: Unit = "segment"
    documents: tuple[Document, ...] = ()
    terminology: Terminology | None = None
    other_lists: tuple[TermList, ...] = ()


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character: white space, zero-width signs, fillers."""
    return all(
        unicodedata.category(character) in _INKLESS or character in _BLANK for character in text
    )


def build_segments(
    rows: Sequence[TestSetRow], log: ProblemLog, *, references_required: bool
) -> tuple[Segment, ...]:
    """Return the rows as segments; repeated ids and faults of references go to `log`."""
    untranslated = _report_documents(rows, log) if references_required else set()
    translated = [row for row in rows if row.document not in untranslated]
    expected = len(translated[0].references) if translated else 0
    if translated and not expected and references_required:
        log.add(NO_REFERENCE)
    seen: set[tuple[str, str]] = set()
    for row in translated:
        if (row.document, row.id) in seen:
            message = f"The id is used twice{in_document(row.document)}. Give it its own."
            log.add(message, line=row.line, segment=row.id)
        if len(row.references) != expected:
            message = (
                f"The segment has {len(row.references)} references, the first one {expected}. "
                "Give every segment the same number."
            )
            log.add(message, line=row.line, segment=row.id)
        if any(map(is_blank, row.references)):
            message = "The reference is empty. Translate it or remove the segment."
            log.add(message, line=row.line, segment=row.id)
        seen.add((row.document, row.id))
    return tuple(
        Segment(
            row.id,
            row.document,
            row.source,
            row.references,
            source_terms=row.source_terms,
            reference_terms=row.reference_terms or ((),) * expected,
            terms=number_given(row.terms),
            gold_terms=row.gold_terms,
        )
        for row in rows
    )


@lru_cache(maxsize=8)  # the lists of a document's parts, which are often equal and long
def number_terms(terms: GivenTerms) -> tuple[Term, ...]:
    """Return the terms of an address, ids by place; equal sources become one entry."""
    entries: dict[str, dict[str, None]] = {}
    for source, targets in terms:
        entries.setdefault(source, {}).update(dict.fromkeys(targets))
    return tuple(
        Term(str(number), source, tuple(targets))
        for number, (source, targets) in enumerate(entries.items(), 1)
    )


def number_given(terms: GivenTerms | None) -> tuple[Term, ...] | None:
    """Return the terms of an address, None where nothing is said."""
    return None if terms is None else number_terms(terms)


def _report_documents(rows: Sequence[TestSetRow], log: ProblemLog) -> set[str]:
    """Report documents without any reference, each as one problem; return their names."""
    documents: dict[str, list[TestSetRow]] = {}
    for row in rows:
        documents.setdefault(row.document, []).append(row)
    untranslated = {
        name: segments
        for name, segments in documents.items()
        if name and all(all(map(is_blank, row.references)) for row in segments)
    }
    if len(untranslated) == len(documents):
        return set()
    for name, segments in untranslated.items():
        log.add(
            f"The whole document {name} ({count_segments(segments)}) has no reference. Add its "
            f"references, or leave it out: --leave-out {name} at its import.",
            line=segments[0].line,
        )
    return set(untranslated)


def count_segments(segments: Sequence[object]) -> str:
    """Return the number of segments in words, for a message: `1 segment`, `1,200 segments`."""
    return f"{len(segments):,} segment{'s' if len(segments) > 1 else ''}"
