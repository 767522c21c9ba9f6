"""Small questions about a cell's text; nothing here changes spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from evaluator.normalise import offsets

# Zero-width space, word joiner, byte order mark, soft hyphen. The joiners U+200C and U+200D are
# spelling in some languages; comparing ignores them, the list keeps them.
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
LAYOUT = re.compile(r"\s{2,}|[^\S \u00a0\u202f\u3000]")  # a single no-break space is spelling
BRACKET = re.compile(r"[()\[\]（）［］]")
PLAIN_BRACKETS = {"（": "(", "）": ")", "［": "[", "］": "]"}
CLOSING = {")": "(", "]": "["}
MAX_BRACKETS = 20  # pairs in a cell; a text with more is not a term
SPACELESS = frozenset({"CJK", "HANGUL", "HIRAGANA", "KATAKANA"})


def clean(text: str) -> str:
    """Remove invisible characters; layout (runs of spaces, line breaks) becomes a single space."""
    return LAYOUT.sub(" ", INVISIBLE.sub("", text).strip()).strip()


def same_form(text: str) -> str:
    """Return a key that is equal for equal targets: NFC and white space, nothing else."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def same_source(text: str) -> str:
    """Return a key that is equal for sources of the same entry: matching cannot tell them apart.

    Matching ignores NFKC forms, white space, and case except of all-capital words
    (docs/metrics.md 4). Of two entries that match the same places only the first would ever be
    required, and the translations of the other would be lost.
    """
    plain = offsets.clean(offsets.compose(text)[0])[0]
    cased = sum(character.isupper() or character.islower() for character in plain)
    return plain if plain.isupper() and cased > 1 else offsets.fold(plain)[0]


@lru_cache(maxsize=4096)
def script(character: str) -> str:
    """Return a letter's script by its Unicode name (`LATIN`, `CJK` …), "" for anything else."""
    if not character.isalpha():
        return ""
    return unicodedata.name(character, "").split(" ")[0]


def scripts(text: str) -> frozenset[str]:
    """Return the scripts of all letters."""
    return frozenset(script(character) for character in text) - {""}


def find_brackets(text: str) -> list[tuple[int, int]] | None:
    """Return where the outermost brackets, round or square, start and end.

    None if there are too many or they do not pair up. Brackets inside others of their own kind
    count as not paired: what they mean is not certain.
    """
    spans: list[tuple[int, int]] = []
    inside: list[tuple[str, int]] = []
    for match in BRACKET.finditer(text):
        kind = PLAIN_BRACKETS.get(match[0], match[0])
        closes = CLOSING.get(kind)
        if closes is None:
            if any(kind == other for other, _ in inside):
                return None
            inside.append((kind, match.start()))
        elif not inside or inside[-1][0] != closes:
            return None
        else:
            start = inside.pop()[1]
            if not inside:
                spans.append((start, match.end()))
        if len(spans) > MAX_BRACKETS:
            return None
    return None if inside else spans


def is_balanced(text: str) -> bool:
    """Return whether brackets pair up, none inside its own kind."""
    return find_brackets(text) is not None
