"""Words of a text and their lemmas, as the families wmt25 and wmt26 compare them."""

from __future__ import annotations

import re

from evaluator.normalise import Lemmatiser, Normaliser
from evaluator.types import TestSet

# A run of letters, digits and underscores, or any other sign by itself; white space is neither.
_WORD = re.compile(r"\w+|[^\w\s]")


def find_lemmatiser(test_set: TestSet) -> Lemmatiser | None:
    """Return the lemmatiser of target texts, which is that of the family `term`, or None."""
    return Normaliser.for_language(test_set.target_language, test_set.lemmatiser).lemmatiser


def find_source_lemmatiser(test_set: TestSet) -> Lemmatiser | None:
    """Return the lemmatiser of sources, which is that of the family `term`, or None."""
    return Normaliser.for_language(test_set.source_language).lemmatiser


def split_words(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of each word of a text, in order; each other sign is a word, too."""
    return [match.span() for match in _WORD.finditer(text)]


def lemmatise(text: str, lemmatiser: Lemmatiser) -> list[str]:
    """Return a lemma in lower case for each word; a word with an empty lemma is its own."""
    words = (text[start:end] for start, end in split_words(text))
    return [(lemmatiser.lemmatise(word) or word).lower() for word in words]


def write_lemmatiser(lemmatiser: Lemmatiser | None) -> str:
    """Return what a signature says of a lemmatiser."""
    return lemmatiser.signature if lemmatiser else "none"
