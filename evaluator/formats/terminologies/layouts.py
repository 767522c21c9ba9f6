"""Which column of a table holds what: by its header, or by its first rows where it has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import langcodes

from evaluator.formats.terminologies.pairs import is_language
from evaluator.formats.terminologies.report import quote_all
from evaluator.normalise import primary

Pair = tuple[str, str]  # source and target language

# TICO-19's; a header that names some of them has to name all.
COLUMNS = ("sourceLang", "targetLang", "sourceString", "targetString")
SEEN = {"": None, "0": False, "1": True}
MAX_LANGUAGE_NAME = 30  # characters
_NAMES = {
    "source": "source, src, source term, source terms, source string, source text, source word, "
    "term, terms, original",
    "target": "target, targets, tgt, trg, target term, target terms, target string, target text, "
    "target word, translation, translations, translated term, equivalent",
    "id": "id, stringid, string id, term id, entry id, no, nr, #",
    "status": "status, term status, usage status, administrative status, approval",
    "seen": "seen, seen in training",
    "source_language": "sourcelang, source lang, source language, src lang",
    "target_language": "targetlang, target lang, target language, tgt lang",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split(", ")}
_JOINED = {"sourcestring": "source", "targetstring": "target", "sourceterm": "source",
           "targetterm": "target"}  # fmt: skip
_LANGUAGE_ONLY = re.compile(r"\s*(?:terms?|translations?|\(.*\))\s*$")
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of the columns that are read, from 0."""

    width: int
    source: int
    target: int
    has_header: bool
    has_free_width: bool = False  # two or three columns, as documented for tabs
    id: int | None = None
    status: int | None = None
    seen: int | None = None
    source_language: int | None = None
    target_language: int | None = None
    note: str = ""  # what was concluded, where no column is named as documented


def layout_of_header(names: Sequence[str], pair: Pair) -> Layout | str | None:
    """Return the layout that a first row names, None if it names none.

    Columns are named by what they hold (`source`, `Term`), or by their language (`en`,
    `EN-US`, `English`, `anglais`). What is returned as a text is wrong with the header.
    """
    plain = [_plain(name) for name in names]
    missing = [column for column in COLUMNS if column.lower() not in plain]
    if 0 < len(missing) < len(COLUMNS) and _is_tico(plain):
        return (
            f"The header lacks {', '.join(missing)}. Write a first row with id,{','.join(COLUMNS)}."
        )
    roles = {_role(name): place for place, name in reversed(list(enumerate(plain)))}
    source = roles.get("source", _place_of(pair[0], plain))
    target = roles.get("target", _place_of(pair[1], plain))
    if source is None or target is None or source == target:
        return _other_languages(names, plain, pair)
    is_plain = (source, target) == (0, 1) and len(names) == 2 + (roles.get("seen") == 2)
    is_documented = {plain[source], plain[target]} <= {
        "source", "target", "targets", "sourcestring", "targetstring"
    }  # fmt: skip
    return Layout(
        len(names),
        source,
        target,
        has_header=True,
        has_free_width=is_plain and is_documented,
        id=roles.get("id"),
        status=roles.get("status"),
        seen=2 if is_plain and is_documented else roles.get("seen"),
        source_language=roles.get("source_language"),
        target_language=roles.get("target_language"),
        note="" if is_documented else _note_on_header(names, source, target),
    )


def has_known_names(cells: Sequence[str]) -> bool:
    """Return whether cells are a header that names a source or a target, and something else."""
    roles = {_role(_plain(cell)) for cell in cells} - {""}
    return len(roles) > 1 and bool(roles & {"source", "target"})


def layout_of_glossary(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Return the layout of a table as DeepL exports it: source, target and their languages.

    The same codes stand in every row, so the first row is not a header.
    """
    if len(rows) == 0 or any(len(row) != 4 for row in rows):
        return None
    if not all(_is_code(cell) for row in rows for cell in row[2:]):
        return None
    if layout_of_header(rows[0][:2], (rows[-1][2], rows[-1][3])) is not None:
        return None
    note = "The third and fourth column are read as the languages."
    return Layout(4, 0, 1, has_header=False, source_language=2, target_language=3, note=note)


def layout_of_rows(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Return the layout of a table without a header, by its first rows; None if it is not clear.

    That is source, target; with a third column whether the source was seen in training.
    """
    width = len(rows[0])
    if width == 2:
        return Layout(width, 0, 1, has_header=False)
    if width == 3 and all(row[2].strip() in SEEN for row in rows if len(row) == width):
        return Layout(width, 0, 1, has_header=False, seen=2)
    return None


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_\-\s]+", " ", name.strip().strip('"').casefold()).split())


def _is_tico(names: Sequence[str]) -> bool:
    """Return whether a header names a column as only TICO-19's lists do."""
    return any(column.lower() in names for column in COLUMNS)


def _role(name: str) -> str:
    return _ROLES.get(name) or _JOINED.get(name, "")


def _place_of(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the first column that is named by a language."""
    found = (n for n, name in enumerate(names) if is_language(language_called(name), language))
    return next(found, None)


def language_called(name: str) -> str:
    """Return the code of a language by its code or its name in any language, or nothing."""
    bare = _LANGUAGE_ONLY.sub("", name.strip())
    if _CODE.fullmatch(bare.replace(" ", "-")) and _is_code(bare.replace(" ", "-")):
        return bare.replace(" ", "-")
    if not 3 < len(bare) <= MAX_LANGUAGE_NAME:
        return ""
    try:
        return langcodes.find(bare).to_tag()
    except LookupError:
        return ""


def _is_code(cell: str) -> bool:
    code = cell.strip().replace("_", "-")
    return _CODE.fullmatch(code) is not None and langcodes.tag_is_valid(code.split("-")[0])


def _other_languages(names: Sequence[str], plain: Sequence[str], pair: Pair) -> str | None:
    """Return what is wrong with a header of two columns that names other languages."""
    found = [language_called(name) for name in plain]
    if len(found) != 2 or not all(found) or primary(found[0]) == primary(found[1]):
        return None
    is_code = all(_CODE.fullmatch(name.replace(" ", "-")) and len(name) <= 5 for name in plain)
    if not is_code and not is_language(found[0], pair[0]):
        return None
    return (
        f"The header says {quote_all([name.strip() for name in names])}, and {'-'.join(pair)} is "
        "expected. Give the list of this language pair."
    )


def _note_on_header(names: Sequence[str], source: int, target: int) -> str:
    shown = quote_all([names[source].strip().strip('"'), names[target].strip().strip('"')])
    return f"The first row is read as a header; sources and targets are in {shown}."
