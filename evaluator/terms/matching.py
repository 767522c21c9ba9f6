"""Where forms occur in a text, and which occurrences render which required terms.

A span is a range of letters of the normalised text, in every tier: on the surface, among lemmas
or inside a longer word (docs/metrics.md 4). Metrics use `assign` only; the search for the largest
number of spans is in span_selection.py, that inside longer words in longer_words.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from evaluator.normalise import Form, NormalisedText, Normaliser
from evaluator.terms.longer_words import LongerWordIndex
from evaluator.terms.span_selection import CandidateSpan, Tier, count_disjoint, select_disjoint
from evaluator.terms.string_table import StringTable

# What makes a rank worse, on top of a form's number; no entry has so many forms.
BY_LEMMA = 2**32
ANNOTATED = 2**33


class Match(NamedTuple):
    """An occurrence of a form."""

    form: int  # its index among the forms
    start: int  # in NormalisedText.text
    end: int
    is_surface: bool  # otherwise among lemmas


class FormIndex:
    """Forms of a language, searched together; forms without content match nothing."""

    def __init__(self, forms: Sequence[Form], normaliser: Normaliser) -> None:
        self._forms = tuple(forms)
        self._normaliser = normaliser
        self._folded, self._unfolded = StringTable[int](), StringTable[int]()
        # By the first lemma: of a form's tokens, and of its words.
        self._by_lemma: dict[str, list[int]] = {}
        self._by_word_lemma: dict[str, list[int]] = {}
        for number, form in enumerate(self._forms):
            if form.key:
                (self._unfolded if form.is_capital else self._folded).add(form.key, number)
            if form.lemmas:
                self._by_lemma.setdefault(form.lemmas[0], []).append(number)
            if form.word_lemmas:
                self._by_word_lemma.setdefault(form.word_lemmas[0], []).append(number)

    def surface(self, text: NormalisedText) -> Iterator[Match]:
        """Yield all matches on the surface, overlapping too: folded, then all-capital forms."""
        if self._folded:
            for number, start, end in self._occurrences(self._folded, text.folded):
                yield Match(number, *text.text_span(start, end), True)
        if self._unfolded:
            for number, start, end in self._occurrences(self._unfolded, text.text):
                yield Match(number, start, end, True)

    def lemma(self, text: NormalisedText) -> Iterator[Match]:
        """Yield all matches among lemmas, of tokens and of words; a match may come twice."""
        yield from self.token_lemma(text)
        yield from self._match(text, self._word_lemmas(text))

    def token_lemma(self, text: NormalisedText) -> Iterator[Match]:
        """Yield all matches token by token among lemmas, those on the surface too."""
        yield from self._match(text, self._token_lemmas(text))

    def _match(
        self, text: NormalisedText, places: Iterable[tuple[int, int, int]]
    ) -> Iterator[Match]:
        for number, start, end in places:
            starts = self._normaliser.starts_at(text.text, start)
            if starts and self._normaliser.ends_at(text.text, end):  # 13a splits at underscores
                yield Match(number, start, end, False)

    def _token_lemmas(self, text: NormalisedText) -> Iterator[tuple[int, int, int]]:
        """Yield forms that match token by token, with their places."""
        if not self._by_lemma or self._by_lemma.keys().isdisjoint(text.lemmas):
            return
        for first, lemma in enumerate(text.lemmas):
            for number in self._by_lemma.get(lemma, ()):
                lemmas = self._forms[number].lemmas
                last = first + len(lemmas)
                if text.lemmas[first:last] == lemmas:
                    yield number, *text.token_span(first, last)

    def _word_lemmas(self, text: NormalisedText) -> Iterator[tuple[int, int, int]]:
        """Yield forms that match word by word, with the same characters around the words.

        Tokens keep quotation marks and hyphens (`«ресурсы»`, `Compliance-Anforderungen`), which
        hide a word's lemma.
        """
        if not self._by_word_lemma or self._by_word_lemma.keys().isdisjoint(text.word_lemmas):
            return
        for first, lemma in enumerate(text.word_lemmas):
            for number in self._by_word_lemma.get(lemma, ()):
                form = self._forms[number]
                last = first + len(form.word_lemmas)
                if text.word_lemmas[first:last] != form.word_lemmas:
                    continue
                places = text.words[first:last]
                start = max(places[0][0] - len(form.gaps[0]), 0)
                end = places[-1][1] + len(form.gaps[-1])
                edges = [start, *chain.from_iterable(places), end]
                gaps = (text.text[slice(*edges[at : at + 2])] for at in range(0, len(edges), 2))
                if tuple(gaps) == form.gaps:
                    yield number, start, end

    def _occurrences(self, table: StringTable[int], text: str) -> Iterator[tuple[int, int, int]]:
        starts_at, ends_at = self._normaliser.starts_at, self._normaliser.ends_at
        for number, start, end in self._find_strings(table, text):
            if starts_at(text, start) and ends_at(text, end):
                yield number, start, end

    def _find_strings(self, table: StringTable[int], text: str) -> Iterator[tuple[int, int, int]]:
        """Yield the strings in a text wherever one may start and end, and at other places too."""
        if self._normaliser.script == "words":
            return table.find_whole(text)
        # After a letter nothing starts in Korean: the search leaps over the rest of a word.
        return table.find(text, r"(?<!\w)" if self._normaliser.script == "ko" else "")


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
    """A rendered occurrence of a required term: [start, end) of NormalisedText.text."""

    entry: int  # index among the segment's required
    start: int
    end: int
    tier: Tier
    form: int  # index in Required.accepted: the variant it counts for
    first: int  # tokens touched: [first, last)
    last: int


@dataclass(frozen=True, slots=True)
class TermAssignment:
    """The spans of a text that render required terms; every span is used once."""

    chosen: tuple[Rendering, ...]  # by entry, then start; no two share a letter
    spans: tuple[int, ...]  # per required entry: the most spans that could render it at once
    is_complete: bool  # False: the bound on the search was hit, the number may be too small

    def of(self, entry: int) -> tuple[Rendering, ...]:
        """Return the chosen spans of a required entry, by start."""
        return tuple(rendering for rendering in self.chosen if rendering.entry == entry)

    def count(self, tier: Tier) -> int:
        """Return how many of the chosen spans are of a tier."""
        return sum(rendering.tier is tier for rendering in self.chosen)


class Requirements:
    """The required terms of a segment, ready to be searched for in any number of texts."""

    def __init__(self, required: Sequence[Required], normaliser: Normaliser) -> None:
        self.required = tuple(required)
        self._limits = [term.count for term in required]
        # Per form its entry and its rank among the entry's: listed before annotated, then by lemma.
        self._owner = tuple(
            (entry, form if form < term.listed else form + ANNOTATED)
            for entry, term in enumerate(self.required)
            for form in range(len(term.accepted))
        )
        forms = [form for term in self.required for form in term.accepted]
        self._index = FormIndex(forms, normaliser)
        self._longer = LongerWordIndex.for_language(forms, normaliser)

    def candidates(self, text: NormalisedText) -> tuple[Rendering, ...]:
        """Return every span that could render an entry, once per entry, by entry, start, length."""
        return self._find_candidates(text)[0]

    def _find_candidates(self, text: NormalisedText) -> tuple[tuple[Rendering, ...], bool]:
        """Return the candidates, and whether all places inside longer words were looked at.

        A span has the best tier in which any accepted form matches it. It counts for the first
        listed variant that matches on the surface, else by lemma, then for annotated forms; inside
        a longer word for the first listed variant.
        """
        if not self.required:
            return (), True
        best: dict[tuple[int, int, int], int] = {}
        for match in self._index.surface(text):
            entry, rank = self._owner[match.form]
            place = entry, match.start, match.end
            best[place] = min(best.get(place, rank), rank)
        tiers = dict.fromkeys(best, Tier.SURFACE)
        for match in self._index.lemma(text):
            entry, rank = self._owner[match.form]
            place, rank = (entry, match.start, match.end), rank + BY_LEMMA
            best[place] = min(best.get(place, rank), rank)
            tiers.setdefault(place, Tier.LEMMA)
        longer, is_complete = self._find_in_longer_words(text, best)
        best |= longer
        tiers |= dict.fromkeys(longer, Tier.LONGER_WORD)
        renderings = tuple(
            Rendering(*place, tiers[place], best[place] % BY_LEMMA, *text.token_range(*place[1:]))
            for place in sorted(best)
        )
        return renderings, is_complete

    def _find_in_longer_words(
        self, text: NormalisedText, others: Iterable[tuple[int, int, int]]
    ) -> tuple[dict[tuple[int, int, int], int], bool]:
        """Return spans inside longer words, with their ranks, by entry, start, end; are they all?

        A span that shares a letter with a span of the same entry in another tier is none, and of
        two with the same start the longer is none: wherever it could be used, the shorter can.
        """
        if self._longer is None:
            return {}, True
        ranks: dict[tuple[int, int, int], int] = {}
        matches, is_complete = self._longer.find(text)
        if not matches:
            return {}, is_complete
        for match in matches:
            entry, rank = self._owner[match.form]
            place = entry, match.start, match.end
            ranks[place] = min(ranks.get(place, rank), rank)
        entries = {entry for entry, _, _ in ranks}
        taken = {(e, at) for e, start, end in others if e in entries for at in range(start, end)}
        shortest: dict[tuple[int, int], int] = {}
        for entry, start, end in sorted(ranks):
            if not any((entry, at) in taken for at in range(start, end)):
                shortest.setdefault((entry, start), end)
        places = ((*key, end) for key, end in shortest.items())
        return {place: ranks[place] for place in places}, is_complete

    def assign(self, text: NormalisedText) -> TermAssignment:
        """Render as many required occurrences as can be, each by a span of its own.

        Among equal maxima: most surface hits, then most lemma hits, then the smallest list of
        (occurrence, first letter, length), occurrences numbered entry by entry. Hypotheses and
        references are treated alike; an empty text renders nothing.
        """
        renderings, is_complete = self._find_candidates(text)
        if not renderings:
            return TermAssignment((), (0,) * len(self.required), is_complete)
        spans = [CandidateSpan(s.entry, s.start, s.end, s.tier) for s in renderings]
        most = count_disjoint(spans)
        chosen, is_exact = select_disjoint(spans, self._limits, most)
        counts = tuple([most.get(entry, 0) for entry in range(len(self.required))])
        own = tuple([renderings[at] for at in chosen])
        return TermAssignment(own, counts, is_exact and is_complete)
