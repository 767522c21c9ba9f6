r"""Words: longest runs of `\w` as Unicode defines it, with combining marks, unlike Python's."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from evaluator.normalise.offsets import FIRST_MARK

_RUNS = re.compile(r"\w+")
_MAY_BE_MARKS = re.compile(rf"[^\w\0-{chr(ord(FIRST_MARK) - 1)}]")


def is_word(character: str) -> bool:
    """Return whether it is a letter, a digit, an underscore or a combining mark."""
    return (
        character.isalnum()
        or character == "_"
        or (character >= FIRST_MARK and unicodedata.category(character)[0] == "M")
    )


def is_letters(text: str) -> bool:
    """Return whether a part of a word has letters and their marks only; also if it is empty."""
    return not text or text.isalpha() or all(map(_is_letter, text))


def count_letters(text: str) -> int:
    """Return the number of letters, without combining marks."""
    return sum(map(str.isalpha, text))


def find_words(text: str) -> tuple[tuple[int, int], ...]:
    """Return the places [start, end) of the words of a text."""
    if not any(map(is_word, set(_MAY_BE_MARKS.findall(text)))):
        return tuple(match.span() for match in _RUNS.finditer(text))
    places = []
    for is_run, characters in groupby(enumerate(text), lambda item: is_word(item[1])):
        if is_run:
            run = [at for at, _ in characters]
            places.append((run[0], run[-1] + 1))
    return tuple(places)


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character)[0] == "M"
