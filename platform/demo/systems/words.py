"""Texts as lists of units that can be moved, dropped and replaced, and back again."""

from __future__ import annotations

import random
import re

# Chinese is written without spaces: there a character is a unit, and so is a run of Latin.
_HAN_UNITS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,/%-]*|\S")
_NEEDLESS_SPACE = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")


def units(text: str, language: str) -> list[str]:
    """Cut a text: at its spaces, Chinese into characters."""
    return _HAN_UNITS.findall(text) if language == "zh" else text.split()


def joined(parts: list[str], language: str) -> str:
    """Put units together, as the language is written."""
    return spaced(" ".join(parts), language)


def spaced(text: str, language: str) -> str:
    """Single spaces; in Chinese none but between Latin words."""
    text = " ".join(text.split())
    return _NEEDLESS_SPACE.sub("", text) if language == "zh" else text


def chance(*parts: str | int) -> random.Random:
    """A generator of its own for every system and language pair: the same numbers every time.

    Use only its random(), whose values Python promises to keep; shuffle()'s order it does not.
    """
    return random.Random("/".join(map(str, parts)))


def shuffled(parts: list[str], generator: random.Random) -> list[str]:
    """The same units in random order."""
    return sorted(parts, key=lambda _: generator.random())
