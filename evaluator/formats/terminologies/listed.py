"""A term as it stands in a file, before any rule: its texts, its languages and its status."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from evaluator.normalise import primary

MAX_ENTRIES = 100_000  # of a terminology; the largest public lists of a domain have fewer
MAX_FORMS = 500_000  # alternatives, of sources and targets; each costs some 20 µs
MAX_CHANGES = 200_000  # a report of a million messages helps nobody and fills memory
MAX_CELL = 1000  # characters; a longer cell is a text, not a term

# A region that says how Chinese is written there; other languages' regions say nothing.
SCRIPTS = {"cn": "hans", "sg": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}
SCRIPT_LENGTH = 4  # letters, by BCP 47


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """A row of a table, a JSON object, or a source term of a TBX concept."""

    line: int
    id: str  # "" where the file gives none
    source: str
    targets: tuple[str, ...]  # cells, each with at least one alternative
    seen: bool | None = None
    languages: tuple[str, str] | None = None  # as written; None where the format says none
    is_literal: bool = False  # no rule applies: the format says what it means
    status: str = ""  # as written: whether the translation may be used


def find_faults(term: ListedTerm) -> list[str]:
    """Return what makes the term unreadable: lengths, control characters, half characters."""
    faults = []
    for side, cell in [("source", term.source), *(("target", target) for target in term.targets)]:
        if len(cell) > MAX_CELL:
            faults.append(
                f"The {side} has {len(cell):,} characters; a term has at most {MAX_CELL:,}. "
                "Shorten it, or check the row's quotation marks and separators."
            )
        elif not cell.isprintable() and any(
            unicodedata.category(character) in ("Cc", "Cs")
            for character in cell
            if not character.isspace()  # line breaks and tabs are layout, which rules clean
        ):
            faults.append(
                f"The {side} holds a control character or half a surrogate pair. Remove it."
            )
    if len(term.id) > MAX_CELL:
        faults.append(f"The id has {len(term.id):,} characters. Shorten it.")
    return list(dict.fromkeys(faults))


def is_language(code: str, wanted: str) -> bool:
    """Return whether a file's code names a language: the same script, if both codes say it.

    Regions do not count. `fr_XX` is fr, `zh-Hans` is zh and zh_CN but not zh-TW.
    """
    if primary(code) != primary(wanted):
        return False
    scripts = _find_script(code), _find_script(wanted)
    return "" in scripts or scripts[0] == scripts[1]


def _find_script(code: str) -> str:
    for part in code.strip().lower().replace("_", "-").split("-")[1:]:
        if len(part) == SCRIPT_LENGTH and part.isalpha():
            return part
        if part in SCRIPTS and primary(code) == "zh":
            return SCRIPTS[part]
    return ""
