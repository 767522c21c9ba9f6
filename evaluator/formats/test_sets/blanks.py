"""Texts that hold nothing to read."""

from __future__ import annotations

import unicodedata

# Letters and symbols of Unicode that leave no ink: Hangul fillers, the blank pattern of braille.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_INKLESS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"})


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character: white space, zero-width signs, fillers."""
    return all(
        unicodedata.category(character) in _INKLESS or character in _BLANK for character in text
    )
