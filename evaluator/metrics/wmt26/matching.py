"""Where a paragraph holds a form, on the surface and among lemmas (docs/metrics.md 8).

A form matches only where no letter, digit or underscore precedes or follows it. So a match covers
whole words, and a span is a range of words, the same for both kinds of matches: a span in either
blocks the other's as far as their words are the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from evaluator.metrics.words import lemmatise, split_words
from evaluator.normalise import Lemmatiser

# Zero-width space, non-joiner and joiner, word joiner, and byte order mark.
_ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_IS_LETTER = re.compile(r"\w").match

Span = tuple[int, int]  # words [first, last) of a paragraph


class Form(NamedTuple):
    """A translation that is looked for."""

    text: str  # normalised
    lemmas: str  # joined by spaces; empty without a lemmatiser


def normalise(text: str) -> str:
    """Return a text without zero-width characters, with single spaces, in lower case."""
    return " ".join(text.translate(_ZERO_WIDTH).split()).lower()


def build_form(text: str, lemmatiser: Lemmatiser | None) -> Form:
    """Return a translation as it is looked for; without content both of its texts are empty."""
    normalised = normalise(text)
    return Form(normalised, " ".join(lemmatise(normalised, lemmatiser)) if lemmatiser else "")


class Paragraph:
    """A hypothesis in which forms are looked for."""

    def __init__(self, text: str, lemmatiser: Lemmatiser | None) -> None:
        text = normalise(text)
        self._surface = _Words(text, split_words(text))
        lemmas = lemmatise(text, lemmatiser) if lemmatiser else []
        ends = list(accumulate(len(lemma) + 1 for lemma in lemmas))  # with the space after each
        places = [(end - len(lemma) - 1, end - 1) for lemma, end in zip(lemmas, ends, strict=True)]
        self._lemmas = _Words(" ".join(lemmas), places)

    def find_surface(self, form: Form) -> frozenset[Span]:
        """Return the words of every match of a form, overlapping matches too."""
        return self._surface.find(form.text)

    def find_lemmas(self, form: Form) -> frozenset[Span]:
        """Return the words of every match of a form's lemmas among the paragraph's."""
        return self._lemmas.find(form.lemmas)


class _Words:
    """A text with the places of its words."""

    def __init__(self, text: str, places: Sequence[tuple[int, int]]) -> None:
        self._text = text
        self._starts = [start for start, _ in places]
        self._ends = [end for _, end in places]
        self._spans: dict[str, frozenset[Span]] = {}  # by form

    def find(self, form: str) -> frozenset[Span]:
        """Return the words that each match of a form touches."""
        if form not in self._spans:
            self._spans[form] = frozenset(
                (bisect_right(self._ends, start), bisect_left(self._starts, end))
                for start, end in _find_matches(form, self._text)
            )
        return self._spans[form]


def _find_matches(form: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of a form that have no letter on either side."""
    at = text.find(form) if form else -1
    while at >= 0:
        end = at + len(form)
        if not (at and _IS_LETTER(text, at - 1)) and not _IS_LETTER(text, end):
            yield at, end
        at = text.find(form, at + 1)
