"""Terms in a source: which occur, which are therefore required, and what a system gets to see.

After docs/metrics.md 4; `annotate` writes what docs/contract.md 1 promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from evaluator.normalise import Form, Normaliser
from evaluator.terms.matching import FormIndex, Match, Required
from evaluator.types import Term, TermAnnotation, TestSet


class TermOccurrence(NamedTuple):
    """A place of a source where an entry of a terminology occurs."""

    entry: int  # index in TermIndex.entries
    id: str  # of the entry
    start: int  # in the raw source
    end: int
    by: Literal["surface", "lemma"]


@dataclass(frozen=True, slots=True)
class FoundTerms:
    """The entries of a terminology that a source holds."""

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
        letter of theirs is taken. An empty source holds none.
        """
        text = self._normaliser.normalise(source)
        passes = [list(self._index.surface(text)), list(self._index.lemma(text))]
        taken = bytearray(len(text.text))
        chosen: list[Match] = []
        for matches in passes:
            for match in sorted(matches, key=self._preference):
                if not any(taken[match.start : match.end]):
                    taken[match.start : match.end] = b"x" * (match.end - match.start)
                    chosen.append(match)
        chosen.sort(key=lambda match: match.start)
        present = frozenset(match.form for matches in passes for match in matches)
        occurrences = []
        for match in chosen:
            start, end = text.raw_span(match.start, match.end)
            by: Literal["surface", "lemma"] = "surface" if match.is_surface else "lemma"
            entry = self.entries[match.form].id
            occurrences.append(TermOccurrence(match.form, entry, start, end, by))
        return FoundTerms(tuple(occurrences), present)

    def _preference(self, match: Match) -> tuple[int, int, int, str]:
        tokens, characters = match.last - match.first, match.end - match.start
        return -tokens, -characters, match.start, self.entries[match.form].id


def _merge(terms: Iterable[tuple[Term, Form]]) -> dict[str, tuple[Term, Form]]:
    """Return an entry per source, by lookup key: the first entry's id, all targets in order."""
    merged: dict[str, tuple[Term, Form]] = {}
    for term, form in terms:
        if form.key not in merged:
            merged[form.key] = term, form
            continue
        first, first_form = merged[form.key]
        targets = tuple(dict.fromkeys((*first.targets, *term.targets)))
        seen = [value for value in (first.seen, term.seen) if value is not None]
        both = Term(first.id, first.source, targets, any(seen) if seen else None)
        merged[form.key] = both, first_form
    return merged


def find_terms(source: str, index: TermIndex) -> tuple[TermOccurrence, ...]:
    """Return the occurrences of a terminology's entries in a raw source, disjoint, by place."""
    return index.find(source).occurrences


def annotate(source: str, index: TermIndex) -> AnnotatedSource:
    """Return a source with its terms marked, as a system gets it."""
    occurrences = find_terms(source, index)
    pieces: list[str] = []
    at = 0
    for occurrence in occurrences:
        if occurrence.start < at:  # both inside the same raw character, as in ℀: shown once
            continue
        targets = quoteattr("|".join(index.entries[occurrence.entry].targets))
        # quoteattr prefers apostrophes around a text with quotation marks; ours are always ".
        if targets.startswith("'"):
            targets = f'"{targets[1:-1].replace(chr(34), "&quot;")}"'
        pieces += [escape(source[at : occurrence.start]), f"<term target={targets}>"]
        pieces += [escape(source[occurrence.start : occurrence.end]), "</term>"]
        at = occurrence.end
    pieces.append(escape(source[at:]))
    entries = dict.fromkeys(occurrence.entry for occurrence in occurrences)
    return AnnotatedSource(tuple(index.entries[entry] for entry in entries), "".join(pieces))


@dataclass(frozen=True, slots=True)
class RequiredTerms:
    """What a test set's translations have to render."""

    per_segment: tuple[tuple[Required, ...], ...]
    in_sources: tuple[FoundTerms, ...]  # per segment; () without a terminology
    index: TermIndex | None  # of that terminology


def required_terms(test_set: TestSet) -> RequiredTerms:
    """Return what each segment requires: a Required per entry, by first occurrence.

    Where the test set has annotations in its sources (else in its first reference), they are
    required, otherwise the terminology's entries that occur in the source; () without either.
    Accepted are the variants, and the annotated forms of all references. The mode changes
    nothing: a `random` test set has its own random terms.
    """
    segments = test_set.segments
    index: TermIndex | None = None
    in_sources: tuple[FoundTerms, ...] = ()
    per_segment: tuple[tuple[Required, ...], ...] = ((),) * len(segments)
    if test_set.terminology is not None:
        index = TermIndex(test_set.terminology.terms, test_set.source_language)
        in_sources = tuple(index.find(segment.source) for segment in segments)
    if any(segment.source_terms for segment in segments):
        per_segment = _require_annotated(test_set, [s.source_terms for s in segments])
    elif any(terms for segment in segments for terms in segment.reference_terms[:1]):
        annotations = [next(iter(segment.reference_terms), ()) for segment in segments]
        per_segment = _require_annotated(test_set, annotations)
    elif index is not None:
        per_segment = _require_occurring(test_set, in_sources, index)
    return RequiredTerms(per_segment, in_sources, index)


def _require_annotated(
    test_set: TestSet, annotations: Sequence[tuple[TermAnnotation, ...]]
) -> tuple[tuple[Required, ...], ...]:
    """Merge annotations with the same source over the whole test set: it has all their variants."""
    source = Normaliser.for_language(test_set.source_language)
    target = Normaliser.for_language(test_set.target_language)
    terms = list(chain.from_iterable(annotations))
    keys = {term.source: source.form(term.source) for term in terms}
    merged = _merge((Term(t.id, t.source, t.variants), keys[t.source]) for t in terms)
    variants = {key: _build_forms(term.targets, target) for key, (term, _) in merged.items()}
    rows = []
    for segment, own in zip(test_set.segments, annotations, strict=True):
        extra: dict[str, list[str]] = {}
        for term in chain.from_iterable(segment.reference_terms):
            form = keys.get(term.source) or source.form(term.source)
            extra.setdefault(form.key, []).append(term.form)
        row = []
        for key, count in Counter(keys[term.source].key for term in own).items():
            annotated = _build_forms(extra.get(key, ()), target)
            row.append(_build_required(key, merged[key][0], variants[key], annotated, count))
        rows.append(tuple(row))
    return tuple(rows)


def _require_occurring(
    test_set: TestSet, in_sources: Sequence[FoundTerms], index: TermIndex
) -> tuple[tuple[Required, ...], ...]:
    target = Normaliser.for_language(test_set.target_language)
    variants: dict[int, dict[str, Form]] = {}
    rows = []
    for terms in in_sources:
        counts = Counter(occurrence.entry for occurrence in terms.occurrences)
        for entry in counts.keys() - variants.keys():
            variants[entry] = _build_forms(index.entries[entry].targets, target)
        rows.append(
            tuple(
                _build_required(index.keys[e], index.entries[e], variants[e], {}, n)
                for e, n in counts.items()
            )
        )
    return tuple(rows)


def _build_forms(strings: Iterable[str], normaliser: Normaliser) -> dict[str, Form]:
    """Return forms ready to be searched, each once, by lookup key."""
    forms: dict[str, Form] = {}
    for form in map(normaliser.form, strings):
        forms.setdefault(form.key, form)
    return forms


def _build_required(
    key: str, term: Term, variants: dict[str, Form], annotated: dict[str, Form], count: int
) -> Required:
    accepted = tuple({**annotated, **variants}[key] for key in {**variants, **annotated})
    return Required(term.id, key, term.source, term.seen, accepted, len(variants), count)
