"""Terms in a source: which apply there, which occur, and what a system gets to see.

After docs/metrics.md 4; `annotate_segments` yields what docs/contract.md 1 promises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from evaluator.normalise import Form, NormalisedText, Normaliser
from evaluator.terms.matching import FormIndex, Match
from evaluator.types import Term, TestSet


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
    """A terminology ready to be searched for; entries with the same source are one entry.

    With a `wider` terminology, that of a document or of the whole test set, its entries are
    searched for as well, except for sources that the narrower terminology has.
    """

    def __init__(
        self, terms: Iterable[Term], source_language: str, wider: TermIndex | None = None
    ) -> None:
        self._normaliser = Normaliser.for_language(source_language)
        forms = [
            (term, self._normaliser.form(term.source)) for term in map(_drop_blank, terms) if term
        ]
        merged = _merge(forms)
        self.own: tuple[Term, ...] = tuple(term for term, _ in merged.values())
        self.own_keys: tuple[str, ...] = tuple(merged)  # what each entry's source is looked up as
        self.wider = wider
        self._places = {key: place for place, key in enumerate(merged)}
        self._index = FormIndex([form for _, form in merged.values()], self._normaliser)

    @property
    def entries(self) -> tuple[Term, ...]:
        """All entries by number: its own, then those of the wider terminology."""
        return self.own + (self.wider.entries if self.wider else ())

    def entry(self, number: int) -> Term:
        """Return the entry of that number."""
        if number < len(self.own):
            return self.own[number]
        assert self.wider is not None
        return self.wider.entry(number - len(self.own))

    def key(self, number: int) -> str:
        """Return what the source of that entry is looked up as."""
        if number < len(self.own):
            return self.own_keys[number]
        assert self.wider is not None
        return self.wider.key(number - len(self.own))

    def number_of(self, key: str) -> int | None:
        """Return the entry that counts for a source, by lookup key; None if there is none."""
        if key in self._places or self.wider is None:
            return self._places.get(key)
        number = self.wider.number_of(key)
        return None if number is None else number + len(self.own)

    def find(self, source: str) -> FoundTerms:
        """Find entries in a raw source: surface pass, then lemma pass on what that left.

        In a pass matches are taken by most tokens, most characters, leftmost and entry id, if no
        token of theirs is taken; words are not lemmatised beside tokens, so that what is required
        stays what it was. An empty source holds none.
        """
        text = self._normaliser.normalise(source)
        passes = self._list_matches(text)
        taken = bytearray(len(text.token_starts))
        chosen: list[Match] = []
        for matches in passes:
            for match in sorted(matches, key=partial(self._prefer, text)):
                first, last = text.token_range(match.start, match.end)
                if not any(taken[first:last]):
                    taken[first:last] = b"x" * (last - first)
                    chosen.append(match)
        chosen.sort(key=lambda match: match.start)
        present = frozenset(match.form for matches in passes for match in matches)
        occurrences = []
        for match in chosen:
            start, end = text.raw_span(match.start, match.end)
            by: Literal["surface", "lemma"] = "surface" if match.is_surface else "lemma"
            entry = self.entry(match.form).id
            occurrences.append(TermOccurrence(match.form, entry, start, end, by))
        return FoundTerms(tuple(occurrences), present)

    def _list_matches(self, text: NormalisedText) -> tuple[list[Match], list[Match]]:
        """Return the matches on the surface and among lemmas; `form` is the entry's number."""
        passes = list(self._index.surface(text)), list(self._index.token_lemma(text))
        if self.wider is not None:
            for matches, wider in zip(passes, self.wider._list_matches(text), strict=True):
                matches += (
                    match._replace(form=match.form + len(self.own))
                    for match in wider
                    if self.wider.key(match.form) not in self._places
                )
        return passes

    def _prefer(self, text: NormalisedText, match: Match) -> tuple[int, int, int, str]:
        first, last = text.token_range(match.start, match.end)
        return first - last, match.start - match.end, match.start, self.entry(match.form).id


def _drop_blank(term: Term) -> Term | None:
    """Return a term without empty targets, which published lists have; None if it has no other."""
    if all(map(str.strip, term.targets)):
        return term
    targets = tuple(target for target in term.targets if target.strip())
    return replace(term, targets=targets) if targets else None


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
        targets = quoteattr("|".join(index.entry(occurrence.entry).targets))
        # quoteattr prefers apostrophes around a text with quotation marks; ours are always ".
        if targets.startswith("'"):
            targets = f'"{targets[1:-1].replace(chr(34), "&quot;")}"'
        pieces += [escape(source[at : occurrence.start]), f"<term target={targets}>"]
        pieces += [escape(source[occurrence.start : occurrence.end]), "</term>"]
        at = occurrence.end
    pieces.append(escape(source[at:]))
    entries = dict.fromkeys(occurrence.entry for occurrence in occurrences)
    return AnnotatedSource(tuple(map(index.entry, entries)), "".join(pieces))


def annotate_segments(test_set: TestSet, *, gives_terms: bool = True) -> Iterator[AnnotatedSource]:
    """Yield each segment's source as a system gets it, with the terms of its address.

    Those are the terms that occur in the source, and whatever else was given with the segment
    itself. Nothing comes from a reference or an annotation. `gives_terms`: False for a mode in
    which systems get no terms.
    """
    for segment, index in zip(test_set.segments, index_segments(test_set), strict=True):
        if index is None or not gives_terms:
            yield AnnotatedSource((), escape(segment.source))
            continue
        marked = annotate(segment.source, index)
        others = () if segment.terms is None else index.own
        terms = tuple(dict.fromkeys((*marked.terms, *others)))
        yield AnnotatedSource(terms, marked.annotated)


def index_segments(test_set: TestSet) -> tuple[TermIndex | None, ...]:
    """Return per segment the terms of its address, ready to be searched for; None without any.

    The narrowest address that names a source term wins: segment, document, test set; an empty
    list takes nothing from wider addresses. Segments with the same terms share an index.
    """
    language, terminology = test_set.source_language, test_set.terminology
    whole = TermIndex(terminology.terms, language) if terminology is not None else None
    by_document = {
        document.id: _narrow(document.terms, language, whole) for document in test_set.documents
    }
    kept: dict[tuple[tuple[Term, ...], str], TermIndex | None] = {}
    indexes = []
    for segment in test_set.segments:
        index = by_document.get(segment.document, whole)
        if segment.terms is not None:
            # Documents of which nothing is said share the test set's terms.
            address = segment.terms, segment.document if segment.document in by_document else ""
            if address not in kept:
                kept[address] = _narrow(segment.terms, language, index)
            index = kept[address]
        indexes.append(index)
    return tuple(indexes)


def _narrow(
    terms: tuple[Term, ...] | None, language: str, wider: TermIndex | None
) -> TermIndex | None:
    """Return the index of an address, by what it says itself and by the wider address."""
    if terms is None:
        return wider
    return TermIndex(terms, language, wider if terms else None)


def with_list(test_set: TestSet, name: str) -> TestSet:
    """Return the test set with another of its lists as its own terms.

    Annotations and gold terms belong to the list `proper`. Raises KeyError for an unknown name.
    """
    if name == test_set.list_name:
        return test_set
    chosen = {other.name: other for other in test_set.other_lists}[name]
    documents = chosen.documents or (None,) * len(test_set.documents)
    segments = chosen.segments or (None,) * len(test_set.segments)
    return replace(
        test_set,
        mode=name,
        terminology=chosen.terminology,
        documents=tuple(
            replace(document, terms=terms)
            for document, terms in zip(test_set.documents, documents, strict=True)
        ),
        segments=tuple(
            replace(segment, terms=terms)
            for segment, terms in zip(test_set.segments, segments, strict=True)
        ),
        other_lists=(),
    )
