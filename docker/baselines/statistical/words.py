"""Texts to words and back, the same way in training and translation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+|[^\w\s]")
UNSPACED = {"zh", "ja"}  # languages written without spaces between words
HAN = re.compile(r"[\u3400-\u9fff]")
NO_SPACE_BEFORE = set(".,;:!?)%…’'”。，；：！？）、%")
NO_SPACE_AFTER = set("(’'“„（")


def split(text: str, language: str, known: Iterable[str] = ()) -> list[str]:
    """Return the words and marks of a text; in a language without spaces, longest known first."""
    words = WORD.findall(text)
    if language not in UNSPACED:
        return words
    vocabulary = set(known)
    longest = max(map(len, vocabulary), default=1)
    return [part for word in words for part in _split_unspaced(word, vocabulary, longest)]


def _split_unspaced(word: str, vocabulary: set[str], longest: int) -> Iterable[str]:
    at = 0
    while at < len(word):
        if not HAN.match(word[at]):
            end = next((n for n in range(at, len(word)) if HAN.match(word[n])), len(word))
        else:
            ends = range(min(at + longest, len(word)), at, -1)
            end = next((end for end in ends if word[at:end] in vocabulary), at + 1)
        yield word[at:end]
        at = end


def join(words: Sequence[str], language: str) -> str:
    """Return words as a text, with spaces where the language has them."""
    text = ""
    for word in words:
        glued = not text or word in NO_SPACE_BEFORE or text[-1] in NO_SPACE_AFTER
        if language in UNSPACED:
            glued = glued or not (text[-1].isascii() and word[0].isascii())
        text += word if glued else f" {word}"
    return text
