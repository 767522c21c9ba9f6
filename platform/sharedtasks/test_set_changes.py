"""What differs between two versions of a test set: texts, terms, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

import evaluator
from evaluator.types import UnscoredSegment

MAX_WORDS_COMPARED = 400  # of a text; longer texts are shown whole, old and new


class Part(StrEnum):
    """What of a test set has changed."""

    SOURCE = "source"
    REFERENCE = "reference"
    TERM = "term"
    ANNOTATION = "marked terms"  # in a segment's texts, or given with it


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text that differs; empty: there is no such text in that version."""

    part: Part
    where: str  # the segment's name: `2 of advice`; or the term's source
    old: str
    new: str

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """Return (kind, words) in order; the kind is `same`, `old` or `new`."""
        return list(_compare_words(self.old.split(), self.new.split()))


def find_changes(old: evaluator.TestSet, new: evaluator.TestSet) -> list[TextChange]:
    """Return what differs between two versions with the same segments: terms, then segments."""
    changes = list(_find_term_changes(_list_terms(old), _list_terms(new)))
    for before, after in zip(old.all_segments, new.all_segments, strict=True):
        if before != after:
            changes += _find_segment_changes(before, after)
    return changes


def count_changes(changes: Iterable[TextChange]) -> dict[Part, int]:
    """Return how many segments' sources and references, and how many terms, have changed."""
    places = {(change.part, change.where) for change in changes}
    counted = Counter(part for part, _ in places)
    return {part: counted[part] for part in Part}


def _find_segment_changes(
    old: evaluator.Segment | UnscoredSegment,
    new: evaluator.Segment | UnscoredSegment,
) -> Iterator[TextChange]:
    where = f"{new.id} of {new.document}" if new.document else new.id
    if old.source != new.source:
        yield TextChange(Part.SOURCE, where, old.source, new.source)
    texts = [getattr(segment, "references", ()) for segment in (old, new)]
    for number in range(max(map(len, texts))):
        was, now = (own[number] if number < len(own) else "" for own in texts)
        if was != now:
            yield TextChange(Part.REFERENCE, where, was, now)
    marked = [_write_annotations(segment) for segment in (old, new)]
    if marked[0] != marked[1]:
        yield TextChange(Part.ANNOTATION, where, *marked)


def _write_annotations(segment: evaluator.Segment | UnscoredSegment) -> str:
    """Return the terms that a segment has beside those of the common list, as a line."""
    lines = [f"{term.source} → {', '.join(term.targets)}" for term in segment.terms or ()]
    if isinstance(segment, evaluator.Segment):
        lines += [f"{term.source} → {', '.join(term.variants)}" for term in segment.source_terms]
        lines += [f"{gold.source} → {gold.target}" for gold in segment.gold_terms]
        lines += [term.form for own in segment.reference_terms for term in own]
    return "; ".join(lines)


def _list_terms(test_set: evaluator.TestSet) -> dict[str, str]:
    """Return the accepted translations of each entry of its lists and documents, by source."""
    given = list(test_set.terminology.terms) if test_set.terminology else []
    given += [term for document in test_set.documents for term in document.terms or ()]
    terms: dict[str, list[str]] = {}
    for term in given:
        known = terms.setdefault(term.source, [])
        known += [target for target in term.targets if target not in known]
    listed = {source: ", ".join(targets) for source, targets in terms.items()}
    for other in test_set.other_lists:
        for term in other.terminology.terms if other.terminology else ():
            listed[f"{term.source} ({other.name})"] = ", ".join(term.targets)
    return listed


def _find_term_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[TextChange]:
    for source in {**old, **new}:
        was, now = old.get(source, ""), new.get(source, "")
        if was != now:
            yield TextChange(Part.TERM, source, was, now)


def _compare_words(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    is_short = max(len(old), len(new)) <= MAX_WORDS_COMPARED
    matcher = SequenceMatcher(None, old, new, autojunk=False) if is_short else None
    steps = matcher.get_opcodes() if matcher else [("replace", 0, len(old), 0, len(new))]
    for tag, begin, end, new_begin, new_end in steps:
        if tag == "equal":
            yield "same", " ".join(old[begin:end])
            continue
        if begin < end:
            yield "old", " ".join(old[begin:end])
        if new_begin < new_end:
            yield "new", " ".join(new[new_begin:new_end])
