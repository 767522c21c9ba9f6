"""A term as it stands in a file, before any rule; and what no format may hold."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_ENTRIES = 100_000  # of one terminology; the largest public ones of one domain have fewer
MAX_FORMS = 500_000  # alternatives, of sources and targets; each costs some 20 µs
MAX_CHANGES = 200_000  # a report of a million messages helps nobody and fills memory
MAX_CELL = 1000  # characters; a longer one is a text, not a term


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """One row of a table, one JSON object, or one source term of a TBX concept."""

    line: int
    id: str  # "" where the file gives none
    source: str
    targets: tuple[str, ...]  # cells, each with one or more alternatives
    seen: bool | None = None
    languages: tuple[str, str] | None = None  # as written; None where the format says none
    is_literal: bool = False  # no rule applies: the format says what it means
    status: str = ""  # as written: whether the translation may be used


def faults(term: ListedTerm) -> list[str]:
    """Say what makes the term unreadable: lengths, control characters, half characters."""
    cells = [("source", term.source), *(("target", target) for target in term.targets)]
    found = []
    for side, cell in cells:
        if len(cell) > MAX_CELL:
            found.append(
                f"The {side} has {len(cell):,} characters; a term has at most {MAX_CELL:,}. "
                "Shorten it, or check the row's quotation marks and separators."
            )
        elif not cell.isprintable() and any(_is_no_text(character) for character in cell):
            found.append(
                f"The {side} holds a control character or half a surrogate pair. Remove it."
            )
    if len(term.id) > MAX_CELL:
        found.append(f"The id has {len(term.id):,} characters. Shorten it.")
    return list(dict.fromkeys(found))


def _is_no_text(character: str) -> bool:
    if character.isspace():  # line breaks and tabs are layout, to be cleaned
        return False
    return unicodedata.category(character) in ("Cc", "Cs")
