"""NFKC, case folding and clean-up, each with a map from the new characters to the old ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Soft hyphen, zero-width space, non-joiner and joiner, word joiner, byte order mark.
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
FIRST_MARK = "\u0300"  # no character below it is changed by what stands before it
# Hyphen (that which never breaks has become it), figure dash; en dash between letters or digits.
HYPHENS = re.compile("[\u2010\u2012]|(?<=[^\\W_])\u2013(?=[^\\W_])")
LIGATURES = {"œ": "oe", "æ": "ae"}  # letters to Unicode, so NFKC keeps them


@dataclass(frozen=True, slots=True)
class Offsets:
    """Where each character of a derived text came from: [starts[i], ends[i]) of the older text.

    Both are as long as the derived text and never descend; ranges where nothing moved.
    """

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    @lru_cache(maxsize=2048)  # nearly every text has four of them, and few lengths
    def identity(cls, length: int) -> Offsets:
        """Return offsets for a text in which every character stayed where it was."""
        return cls(range(length), range(1, length + 1))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return what [start, end), not empty, was before; of a part of a character all of it."""
        return self.starts[start], self.ends[end - 1]

    def after(self, earlier: Offsets) -> Offsets:
        """Return the offsets of both steps together: `earlier` was taken first."""
        if isinstance(earlier.starts, range):
            return self
        starts = [earlier.starts[at] for at in self.starts]
        return Offsets(starts, [earlier.ends[at - 1] for at in self.ends])


def compose(text: str) -> tuple[str, Offsets]:
    """Return the text in NFKC, with the map back."""
    if unicodedata.is_normalized("NFKC", text):
        return text, Offsets.identity(len(text))
    cuts = [0]  # NFKC of the whole is NFKC of the pieces, which are as small as can be
    for at in range(1, len(text)):
        if text[at] < FIRST_MARK or _begins(text, cuts[-1], at):
            cuts.append(at)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        piece = unicodedata.normalize("NFKC", text[start:end])
        pieces.append(piece)
        starts += [start] * len(piece)
        ends += [end] * len(piece)
    return "".join(pieces), Offsets(starts, ends)


def _begins(text: str, start: int, at: int) -> bool:
    """Return whether NFKC never joins the character at `at` to the piece before it."""
    first = unicodedata.normalize("NFKD", text[at])[0]
    if unicodedata.combining(first):
        return False
    # A starter may still join, as a Hangul vowel does.
    before = text[start:at]
    joined = unicodedata.normalize("NFKC", before + first)
    return joined == unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", first)


def clean(text: str) -> tuple[str, Offsets]:
    """Return the text trimmed, without invisible characters, with single spaces and hyphens `-`.

    The map back is beside it.
    """
    if not INVISIBLE.search(text) and " ".join(text.split()) == text:
        return _put_hyphens(text), Offsets.identity(len(text))
    kept: list[str] = []
    starts: list[int] = []
    is_space = True  # before the first word
    for at, character in enumerate(text):
        if INVISIBLE.match(character) or (is_space and character.isspace()):
            continue
        is_space = character.isspace()
        kept.append(" " if is_space else character)
        starts.append(at)
    if kept and is_space:
        del kept[-1], starts[-1]
    return _put_hyphens("".join(kept)), Offsets(starts, [at + 1 for at in starts])


def _put_hyphens(text: str) -> str:
    if text.isascii() or not any(map(text.__contains__, "\u2010\u2012\u2013")):
        return text
    return HYPHENS.sub("-", text)


def fold(text: str) -> tuple[str, Offsets]:
    """Return the text after `casefold()`, without ligatures, then NFKC again; with the map back."""
    folded = _fold_letters(text)
    offsets = Offsets.identity(len(text))
    if len(folded) != len(text):  # folding only ever lengthens: equal lengths, nothing moved
        starts = [at for at, character in enumerate(text) for _ in _fold_letters(character)]
        offsets = Offsets(starts, [at + 1 for at in starts])
    composed, again = compose(folded)
    return composed, again.after(offsets)


def folded(text: str) -> str:
    """Return the text that `fold` gives, without the map."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", _fold_letters(text))


def fold_each(texts: Sequence[str]) -> list[str]:
    """Return what `folded` gives for each of them, which is faster together."""
    together = folded(" ".join(texts)).split(" ")
    # A space keeps what stands on its sides apart. A text may have one, or become one.
    return together if len(together) == len(texts) else list(map(folded, texts))


def _fold_letters(text: str) -> str:
    lower = text.casefold()
    for ligature, letters in LIGATURES.items():
        lower = lower.replace(ligature, letters)
    return lower
