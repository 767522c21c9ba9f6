"""What the translations of a test set have to render, segment by segment (docs/metrics.md 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from evaluator.normalise import Form, Normaliser
from evaluator.terms.matching import Required
from evaluator.terms.source_terms import FoundTerms, TermIndex, index_segments
from evaluator.types import Segment, Term, TermAnnotation, TestSet


@dataclass(frozen=True, slots=True)
class RequiredTerms:
    """What a test set's translations have to render; each tuple holds an item per segment."""

    per_segment: tuple[tuple[Required, ...], ...]
    in_sources: tuple[FoundTerms, ...]  # () where the test set gives no terms
    indexes: tuple[TermIndex | None, ...]  # of the terms of the segment's address


NOTHING = FoundTerms((), frozenset())


def required_terms(test_set: TestSet) -> RequiredTerms:
    """Return what each segment requires: a Required per entry, by first occurrence.

    Where the test set has gold terms, or else annotations in its sources or in its first
    reference, they are required, each in its own segment; otherwise those terms of a segment's
    address that occur in its source. Accepted are the variants, and the annotated forms of all
    references. The list `random` has no annotations: its terms are those that occur.
    """
    segments = test_set.segments
    in_sources: tuple[FoundTerms, ...] = ()
    indexes = index_segments(test_set)
    if test_set.has_terms:
        in_sources = tuple(
            index.find(segment.source) if index is not None else NOTHING
            for segment, index in zip(segments, indexes, strict=True)
        )
    forms = _Forms(test_set)
    is_annotated = test_set.list_name == "proper"
    if is_annotated and any(segment.gold_terms for segment in segments):
        per_segment = tuple(map(forms.require_gold, segments, indexes))
    elif is_annotated and any(segment.source_terms for segment in segments):
        per_segment = tuple(forms.require_annotated(s, s.source_terms) for s in segments)
    elif is_annotated and any(terms for s in segments for terms in s.reference_terms[:1]):
        per_segment = tuple(
            forms.require_annotated(s, next(iter(s.reference_terms), ())) for s in segments
        )
    elif in_sources:
        per_segment = tuple(map(forms.require_occurring, in_sources, indexes))
    else:
        per_segment = ((),) * len(segments)
    return RequiredTerms(per_segment, in_sources, indexes)


class _Forms:
    """Makes what segments require; each variant is normalised once for the whole test set."""

    def __init__(self, test_set: TestSet) -> None:
        self._source = Normaliser.for_language(test_set.source_language)
        self._target = Normaliser.for_language(test_set.target_language, test_set.lemmatiser)
        self._source_keys: dict[str, str] = {}
        self._target_forms: dict[str, Form] = {}

    def require_gold(self, segment: Segment, index: TermIndex | None) -> tuple[Required, ...]:
        """Require each marked occurrence: its translation, alternatives and the list's variants."""
        occurrences = []
        for gold in segment.gold_terms:
            key = self._find_key(gold.source)
            number = index.number_of(key) if index is not None else None
            listed = index.entry(number).targets if index is not None and number is not None else ()
            term = Term(gold.source, gold.source, (gold.target, *gold.alternatives, *listed))
            occurrences.append((key, term, () if gold.inflected is None else (gold.inflected,)))
        return self._group(occurrences)

    def require_annotated(
        self, segment: Segment, annotations: tuple[TermAnnotation, ...]
    ) -> tuple[Required, ...]:
        """Require each annotation; annotated forms of references count for their own entry."""
        asked = {(term.source, term.target) for term in annotations}
        occurrences = []
        for term in annotations:
            key = self._find_key(term.source)
            forms = tuple(
                other.form
                for other in chain.from_iterable(segment.reference_terms)
                if self._find_key(other.source) == key
                # A reference may list other targets: then its form counts for every entry.
                and (other.target == term.target or (other.source, other.target) not in asked)
            )
            occurrences.append((key, Term(term.id, term.source, term.variants), forms))
        return self._group(occurrences)

    def require_occurring(self, terms: FoundTerms, index: TermIndex | None) -> tuple[Required, ...]:
        """Require the entries that occur in a source, as often as they occur."""
        return self._group(
            (index.key(occurrence.entry), index.entry(occurrence.entry), ())
            for occurrence in terms.occurrences
            if index is not None
        )

    def _group(
        self, occurrences: Iterable[tuple[str, Term, tuple[str, ...]]]
    ) -> tuple[Required, ...]:
        """Return an item per source and set of variants, by first occurrence.

        An occurrence is a lookup key, a term, and the forms that are accepted besides its variants.
        """
        entries: dict[tuple[str, frozenset[str]], tuple[Term, dict[str, Form], int]] = {}
        variants: dict[tuple[str, frozenset[str]], dict[str, Form]] = {}
        for key, term, forms in occurrences:
            own = self._build_forms(term.targets)
            group = key, frozenset(own)
            listed = variants.setdefault(group, own)
            first, annotated, count = entries.get(group, (term, {}, 0))
            more = {k: form for k, form in self._build_forms(forms).items() if k not in listed}
            entries[group] = first, {**annotated, **more}, count + 1
        return tuple(
            Required(
                term.id,
                group[0],
                term.source,
                term.seen,
                (*variants[group].values(), *annotated.values()),
                len(variants[group]),
                count,
            )
            for group, (term, annotated, count) in entries.items()
        )

    def _find_key(self, source: str) -> str:
        if source not in self._source_keys:
            self._source_keys[source] = self._source.form(source).key
        return self._source_keys[source]

    def _build_forms(self, strings: Iterable[str]) -> dict[str, Form]:
        """Return forms ready to be searched, each once, by lookup key."""
        forms: dict[str, Form] = {}
        for string in strings:
            if string not in self._target_forms:
                self._target_forms[string] = self._target.form(string)
            form = self._target_forms[string]
            forms.setdefault(form.key, form)
        return forms
