"""Terms in a source: which occur, which are therefore required, and how a system is told.

All after docs/metrics.md 4; `annotate` writes what docs/contract.md 1 promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from evaluator.normalise import Form, NormalisedText, Normaliser
from evaluator.terms.matching import FormIndex, Match, Required
from evaluator.types import Term, TermAnnotation, TestSet


class TermOccurrence(NamedTuple):
    """One place of a source where a terminology's entry was found."""

    entry: int  # index in TermIndex.entries
    id: str  # of the entry
    start: int  # in the raw source
    end: int
    by: Literal["surface", "lemma"]


@dataclass(frozen=True, slots=True)
class FoundTerms:
    """What of a terminology is in one source."""

    occurrences: tuple[TermOccurrence, ...]  # disjoint, by place
    present: frozenset[int]  # entries with any match, those that gave way to others too


@dataclass(frozen=True, slots=True)
class AnnotatedSource:
    """A source as systems get it (docs/contract.md 1)."""

    terms: tuple[Term, ...]  # each entry once, by its first occurrence
    annotated: str  # the source, XML-escaped, with <term target="…|…"> around each occurrence


class TermIndex:
    """A terminology ready to be searched for; entries with the same source are one entry."""

    def __init__(self, terms: Iterable[Term], source_language: str) -> None:
        self._normaliser = Normaliser.for_language(source_language)
        forms = [(term, self._normaliser.form(term.source)) for term in terms]
        merged = _merge(forms)
        self.entries: tuple[Term, ...] = tuple(term for term, _ in merged.values())
        self.keys: tuple[str, ...] = tuple(merged)  # what each entry's source is looked up as
        self._index = FormIndex([form for _, form in merged.values()], self._normaliser)

    def find(self, source: str) -> FoundTerms:
        """Find entries in a raw source: surface pass, then lemma pass on what that left.

        In a pass matches are taken by most tokens, most characters, leftmost and entry id, if no
        token of theirs is taken. An empty source holds none.
        """
        text = self._normaliser.normalise(source)
        passes = [list(self._index.surface(text)), list(self._index.lemma(text))]
        taken = [False] * len(text.tokens)
        chosen: list[Match] = []
        for matches in passes:
            for match in sorted(matches, key=self._preference):
                if not any(taken[match.first : match.last]):
                    taken[match.first : match.last] = [True] * (match.last - match.first)
                    chosen.append(match)
        chosen.sort(key=lambda match: match.start)
        present = frozenset(match.form for matches in passes for match in matches)
        return FoundTerms(tuple(self._occurrence(match, text) for match in chosen), present)

    def _preference(self, match: Match) -> tuple[int, int, int, str]:
        tokens, characters = match.last - match.first, match.end - match.start
        return -tokens, -characters, match.start, self.entries[match.form].id

    def _occurrence(self, match: Match, text: NormalisedText) -> TermOccurrence:
        start, end = text.raw_span(match.start, match.end)
        by: Literal["surface", "lemma"] = "surface" if match.is_surface else "lemma"
        return TermOccurrence(match.form, self.entries[match.form].id, start, end, by)


def _merge(terms: Iterable[tuple[Term, Form]]) -> dict[str, tuple[Term, Form]]:
    """One entry per source, by what it is looked up as: the first's id, all targets in order."""
    merged: dict[str, tuple[Term, Form]] = {}
    for term, form in terms:
        if form.key not in merged:
            merged[form.key] = term, form
            continue
        first, first_form = merged[form.key]
        targets = tuple(dict.fromkeys((*first.targets, *term.targets)))
        seen = [told for told in (first.seen, term.seen) if told is not None]
        both = Term(first.id, first.source, targets, any(seen) if seen else None)
        merged[form.key] = both, first_form
    return merged


def find_terms(source: str, index: TermIndex) -> tuple[TermOccurrence, ...]:
    """The occurrences of a terminology's entries in a raw source, disjoint, by place."""
    return index.find(source).occurrences


def annotate(source: str, index: TermIndex) -> AnnotatedSource:
    """Tell a system which terms a source holds, and where."""
    occurrences = find_terms(source, index)
    pieces: list[str] = []
    at = 0
    for found in occurrences:
        if found.start < at:  # both inside one raw character, as in ℀: shown once
            continue
        targets = quoteattr("|".join(index.entries[found.entry].targets))
        # quoteattr prefers apostrophes around a text with quotation marks; ours are always ".
        if targets.startswith("'"):
            targets = f'"{targets[1:-1].replace(chr(34), "&quot;")}"'
        pieces += [escape(source[at : found.start]), f"<term target={targets}>"]
        pieces += [escape(source[found.start : found.end]), "</term>"]
        at = found.end
    pieces.append(escape(source[at:]))
    entries = dict.fromkeys(found.entry for found in occurrences)
    return AnnotatedSource(tuple(index.entries[entry] for entry in entries), "".join(pieces))


@dataclass(frozen=True, slots=True)
class RequiredTerms:
    """What a test set's translations have to render."""

    per_segment: tuple[tuple[Required, ...], ...]
    found: tuple[FoundTerms, ...]  # per segment; () without a terminology
    index: TermIndex | None  # of that terminology


def required_terms(test_set: TestSet) -> RequiredTerms:
    """Find what each segment requires: per segment one Required per entry, by first occurrence.

    That is its annotations in the source where the test set has any (else those of the first
    reference), otherwise the terminology's entries found in the source; () without either.
    Accepted are the variants, and the annotated forms of all references. The same for every
    mode: a `random` test set has its own random terms.
    """
    index: TermIndex | None = None
    found: tuple[FoundTerms, ...] = ()
    if test_set.terminology is not None:
        index = TermIndex(test_set.terminology.terms, test_set.source_language)
        found = tuple(index.find(segment.source) for segment in test_set.segments)
    annotations = _annotations(test_set)
    if annotations is not None:
        return RequiredTerms(_annotated(test_set, annotations), found, index)
    return RequiredTerms(_found(test_set, found, index), found, index)


Annotations = Sequence[tuple[TermAnnotation, ...]]


def _annotations(test_set: TestSet) -> Annotations | None:
    segments = test_set.segments
    if any(segment.source_terms for segment in segments):
        return [segment.source_terms for segment in segments]
    if any(terms for segment in segments for terms in segment.reference_terms[:1]):
        return [next(iter(segment.reference_terms), ()) for segment in segments]
    return None


def _annotated(test_set: TestSet, annotations: Annotations) -> tuple[tuple[Required, ...], ...]:
    """One entry per source here too, over the whole test set: its variants are all that it has."""
    source = Normaliser.for_language(test_set.source_language)
    target = Normaliser.for_language(test_set.target_language)
    keys = {one.source: source.form(one.source) for terms in annotations for one in terms}
    terms = [one for terms in annotations for one in terms]
    merged = _merge((Term(one.id, one.source, one.variants), keys[one.source]) for one in terms)
    variants = {key: _forms(term.targets, target) for key, (term, _) in merged.items()}
    rows = []
    for segment, own in zip(test_set.segments, annotations, strict=True):
        extra: dict[str, list[str]] = {}
        for one in chain.from_iterable(segment.reference_terms):
            form = keys.get(one.source) or source.form(one.source)
            extra.setdefault(form.key, []).append(one.form)
        counts = Counter(keys[one.source].key for one in own)
        rows.append(
            tuple(
                _required(key, merged[key][0], variants[key], _forms(extra.get(key, ()), target), n)
                for key, n in counts.items()
            )
        )
    return tuple(rows)


def _found(
    test_set: TestSet, found: Sequence[FoundTerms], index: TermIndex | None
) -> tuple[tuple[Required, ...], ...]:
    if index is None:
        return ((),) * len(test_set.segments)
    target = Normaliser.for_language(test_set.target_language)
    variants: dict[int, dict[str, Form]] = {}
    rows = []
    for one in found:
        counts = Counter(occurrence.entry for occurrence in one.occurrences)
        for entry in counts.keys() - variants.keys():
            variants[entry] = _forms(index.entries[entry].targets, target)
        rows.append(
            tuple(
                _required(index.keys[e], index.entries[e], variants[e], {}, n)
                for e, n in counts.items()
            )
        )
    return tuple(rows)


def _forms(strings: Iterable[str], normaliser: Normaliser) -> dict[str, Form]:
    """Make forms ready, each once, by what they are looked up as."""
    forms: dict[str, Form] = {}
    for form in map(normaliser.form, strings):
        forms.setdefault(form.key, form)
    return forms


def _required(
    key: str, term: Term, variants: dict[str, Form], annotated: dict[str, Form], count: int
) -> Required:
    accepted = tuple({**annotated, **variants}[key] for key in {**variants, **annotated})
    return Required(term.id, key, term.source, term.seen, accepted, len(variants), count)
