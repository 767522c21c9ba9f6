"""How large hypotheses may be: in proportion to the sources that they translate.

Scoring takes time and memory in proportion to the texts, so without a bound a participant would
choose what scoring costs. Translations are rarely twice as long as their source in bytes, three
times from English into Indic scripts; a system that repeats itself to its own length limit stays
below 20,000 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

FACTOR = 4  # bytes of a translation for each byte of its source
FREE_OF_FILE = 100_000  # bytes
FREE_OF_TEXT = 20_000  # bytes
NOTABLE = 2_000  # bytes; a text beyond 4 times its source and this gets a warning


def count_bytes(text: str) -> int:
    """Return the length of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def largest_file(sources: Iterable[str]) -> int:
    """Return how many bytes all translations of these sources may have together."""
    return FACTOR * sum(map(count_bytes, sources)) + FREE_OF_FILE


def largest_text(source: str) -> int:
    """Return how many bytes a translation of this source may have."""
    return FACTOR * count_bytes(source) + FREE_OF_TEXT


def is_notable(text: str, source: str) -> bool:
    """Whether a translation is so much longer than its source that it deserves a warning."""
    return count_bytes(text) > FACTOR * count_bytes(source) + NOTABLE
