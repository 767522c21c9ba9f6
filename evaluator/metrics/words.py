"""Words of a text and their lemmas, as the families wmt25 and wmt26 compare them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evaluator.normalise import Lemmatiser, lemmatiser_of

# A run of letters, digits and underscores, or any other sign by itself; white space is neither.
_WORD = re.compile(r"\w+|[^\w\s]")

TEST_SETS_KEPT = 16  # of which what comes from sources and terms is kept: five pairs, two lists


def find_lemmatiser(language: str) -> Lemmatiser | None:
    """Return the lemmatiser of the family `term` for a language, or None."""
    return lemmatiser_of(language)


def split_words(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of each word of a text, in order; each other sign is a word, too."""
    return [match.span() for match in _WORD.finditer(text)]


def lemmatise(text: str, lemmatiser: Lemmatiser) -> list[str]:
    """Return a lemma in lower case for each word; a word with an empty lemma is its own."""
    words = (text[start:end] for start, end in split_words(text))
    return [(lemmatiser.lemmatise(word) or word).lower() for word in words]


def write_lemmatisers(languages: Iterable[str]) -> str:
    """Return what a signature says of the lemmatisers of these languages."""
    lemmatisers = map(find_lemmatiser, languages)
    return ">".join(lemmatiser.signature if lemmatiser else "none" for lemmatiser in lemmatisers)
