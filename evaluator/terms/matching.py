"""Where forms occur in a text, and which occurrences render which required terms.

A span is a range of tokens, whether it was matched on the surface or among lemmas
(docs/metrics.md 4). Metrics use `assign` only; the search itself is in span_selection.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from evaluator.normalise import Form, NormalisedText, Normaliser
from evaluator.terms.span_selection import CandidateSpan, select_spans

PREFIX = 4  # characters by which forms are looked up

# What makes a rank worse, on top of a form's number; no entry has so many forms.
BY_LEMMA = 2**32
ANNOTATED = 2**33


class Match(NamedTuple):
    """An occurrence of a form."""

    form: int  # its index among the forms
    start: int  # in NormalisedText.text
    end: int
    first: int  # tokens touched: [first, last)
    last: int
    is_surface: bool  # otherwise among lemmas


class FormIndex:
    """Forms of a language, searched together; forms without content match nothing."""

    def __init__(self, forms: Sequence[Form], normaliser: Normaliser) -> None:
        self._forms = tuple(forms)
        self._normaliser = normaliser
        self._folded, self._unfolded = _Table(), _Table()
        self._by_lemma: dict[str, list[int]] = {}
        for number, form in enumerate(self._forms):
            if form.key:
                table = self._unfolded if form.is_capital else self._folded
                table.add(form.key, number)
            if form.lemmas:
                self._by_lemma.setdefault(form.lemmas[0], []).append(number)

    def surface(self, text: NormalisedText) -> Iterator[Match]:
        """Yield all matches on the surface, overlapping too: folded, then all-capital forms."""
        if self._folded.forms:
            for number, start, end in self._occurrences(self._folded, text.folded):
                start, end = text.text_span(start, end)
                yield Match(number, start, end, *text.token_range(start, end), True)
        if self._unfolded.forms:
            for number, start, end in self._occurrences(self._unfolded, text.text):
                yield Match(number, start, end, *text.token_range(start, end), True)

    def lemma(self, text: NormalisedText) -> Iterator[Match]:
        """Yield all matches token by token among lemmas, those on the surface too."""
        if not self._by_lemma:
            return
        for first, lemma in enumerate(text.lemmas):
            for number in self._by_lemma.get(lemma, ()):
                lemmas = self._forms[number].lemmas
                last = first + len(lemmas)
                if text.lemmas[first:last] != lemmas:
                    continue
                start, end = text.token_span(first, last)
                starts = self._normaliser.starts_at(text.text, start)
                if starts and self._normaliser.ends_at(text.text, end):  # 13a splits at underscores
                    yield Match(number, start, end, first, last, False)

    def _occurrences(self, table: _Table, text: str) -> Iterator[tuple[int, int, int]]:
        for start in self._normaliser.starts(text, table.heads):
            for length in table.lengths:
                for number in table.forms.get(text[start : start + length], ()):
                    key = self._forms[number].key
                    end = start + len(key)
                    if text.startswith(key, start) and self._normaliser.ends_at(text, end):
                        yield number, start, end


class _Table:
    """Forms by the first characters of their lookup keys."""

    def __init__(self) -> None:
        self.forms: dict[str, list[int]] = {}
        self.heads: set[str] = set()
        self.lengths: list[int] = []

    def add(self, key: str, number: int) -> None:
        prefix = key[:PREFIX]
        self.forms.setdefault(prefix, []).append(number)
        self.heads.add(prefix[0])
        if len(prefix) not in self.lengths:
            self.lengths.append(len(prefix))


@dataclass(frozen=True, slots=True)
class Required:
    """An entry that a segment's translation has to render `count` times."""

    id: str
    key: str  # the lookup key of its source: equal keys, the same entry
    source: str
    seen: bool | None  # whether it occurs in the training data; None: not said
    accepted: tuple[Form, ...]  # the listed variants, then forms annotated in a reference
    listed: int  # how many of them are listed
    count: int

    @property
    def group(self) -> tuple[str, frozenset[str]]:
        """Return what makes two of them the same entry: its source and its set of variants.

        So two customers' lists, with a translation of their own each, are two entries.
        """
        return self.key, frozenset(form.key for form in self.accepted[: self.listed])


class Rendering(NamedTuple):
    """A rendered occurrence of a required term: tokens [start, end) of the text."""

    entry: int  # index among the segment's required
    start: int
    end: int
    is_surface: bool  # otherwise among lemmas
    form: int  # index in Required.accepted: the variant it counts for


@dataclass(frozen=True, slots=True)
class TermAssignment:
    """The spans of a text that render required terms; every span is used once."""

    chosen: tuple[Rendering, ...]  # by entry, then start; disjoint token ranges
    spans: tuple[int, ...]  # per required entry: distinct spans that could render it
    is_complete: bool  # False: the bound on the search was hit, the number may be too small

    def of(self, entry: int) -> tuple[Rendering, ...]:
        """Return the chosen spans of a required entry, by start."""
        return tuple(rendering for rendering in self.chosen if rendering.entry == entry)

    @property
    def tokens(self) -> frozenset[int]:
        """All tokens of the chosen spans; built at each call."""
        return frozenset(chain.from_iterable(range(s.start, s.end) for s in self.chosen))


class Requirements:
    """The required terms of a segment, ready to be searched for in any number of texts."""

    def __init__(self, required: Sequence[Required], normaliser: Normaliser) -> None:
        self.required = tuple(required)
        # Per form its entry and its rank among the entry's: listed before annotated, then by lemma.
        self._owner = tuple(
            (entry, form if form < term.listed else form + ANNOTATED)
            for entry, term in enumerate(self.required)
            for form in range(len(term.accepted))
        )
        forms = [form for term in self.required for form in term.accepted]
        self._index = FormIndex(forms, normaliser)

    def candidates(self, text: NormalisedText) -> tuple[Rendering, ...]:
        """Return every span that could render an entry, once per entry, by entry, start, length.

        A span is on the surface if any accepted form matches it so. It counts for the first
        listed variant that matches on the surface, else by lemma, then for annotated forms.
        """
        best: dict[tuple[int, int, int], int] = {}
        for number, _, _, first, last, _ in self._index.surface(text):
            entry, rank = self._owner[number]
            place = entry, first, last
            best[place] = min(best.get(place, rank), rank)
        surface = set(best)
        for number, _, _, first, last, _ in self._index.lemma(text):
            entry, rank = self._owner[number]
            place, rank = (entry, first, last), rank + BY_LEMMA
            best[place] = min(best.get(place, rank), rank)
        return tuple(
            Rendering(*place, place in surface, best[place] % BY_LEMMA) for place in sorted(best)
        )

    def assign(self, text: NormalisedText) -> TermAssignment:
        """Render as many required occurrences as can be, each by a span of its own.

        Among equal maxima: most surface hits, then the smallest list of (occurrence, span start,
        span length), occurrences numbered entry by entry. Hypotheses and references are treated
        alike; an empty text renders nothing.
        """
        renderings = self.candidates(text)
        spans = [CandidateSpan(s.entry, s.start, s.end, s.is_surface) for s in renderings]
        chosen, is_complete = select_spans(spans, [term.count for term in self.required])
        counts = [0] * len(self.required)
        for rendering in renderings:
            counts[rendering.entry] += 1
        return TermAssignment(tuple(renderings[at] for at in chosen), tuple(counts), is_complete)

    def upper_bound(self, assignment: TermAssignment) -> int:
        """Return an upper bound, for diagnosis.

        Per entry the smaller of required and distinct spans, summed; spans may overlap here.
        """
        pairs = zip(self.required, assignment.spans, strict=True)
        return sum(min(term.count, spans) for term, spans in pairs)
