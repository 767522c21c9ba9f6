"""Which column of a table holds what: by the names in its header, or else by its first rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import langcodes

from evaluator.formats.terminologies.changes import quote_all
from evaluator.formats.terminologies.listed import is_language
from evaluator.normalise import find_meant, find_tag, is_widely_used, primary

Pair = tuple[str, str]  # source and target language

# TICO-19's; a header that names some of them has to name all.
COLUMNS = ("sourceLang", "targetLang", "sourceString", "targetString")
SEEN = {"": None, "0": False, "1": True}


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
    forbidden: int | None = None
    forbidden_name: str = ""  # of this column, for the report
    seen: int | None = None
    source_language: int | None = None
    target_language: int | None = None
    note: str = ""  # what was concluded, where no column is named as documented


def read_header(names: Sequence[str], pair: Pair) -> Layout | str | None:
    """Return the layout that a first row names, None if it names none.

    Columns are named by what they hold (`source`, `Term`), or by their language (`en`,
    `EN-US`, `English`, `anglais`). A text is returned if something is wrong with the header.
    """
    plain = [simplify_name(name) for name in names]
    missing = [column for column in COLUMNS if column.lower() not in plain]
    if 0 < len(missing) < len(COLUMNS):
        return (
            f"The header lacks {', '.join(missing)}. Write a first row with id,{','.join(COLUMNS)}."
        )
    roles = {find_role(name): place for place, name in reversed(list(enumerate(plain)))}
    source, target = _find_sides(plain, roles, pair)
    if source is None or target is None or source == target:
        return _describe_other_languages(names, plain, pair)
    is_plain = (source, target) == (0, 1) and len(names) == 2 + (roles.get("seen") == 2)
    is_documented = {plain[source], plain[target]} <= {
        "source", "target", "targets", "sourcestring", "targetstring"
    }  # fmt: skip
    statuses = [place for place, name in enumerate(plain) if find_role(name) == "status"]
    sides = quote_all([names[place].strip().strip('"') for place in (source, target)])
    note = f"The first row is read as a header; sources and targets are in {sides}."
    return Layout(
        len(names),
        source,
        target,
        has_header=True,
        has_free_width=is_plain and is_documented,
        id=roles.get("id"),
        status=next((place for place in statuses if place > target), roles.get("status")),
        forbidden=roles.get("forbidden"),
        forbidden_name=names[roles["forbidden"]].strip() if "forbidden" in roles else "",
        seen=2 if is_plain and is_documented else roles.get("seen"),
        source_language=roles.get("source_language"),
        target_language=roles.get("target_language"),
        note="" if is_documented else note,
    )


def _find_sides(
    plain: Sequence[str], roles: dict[str, int], pair: Pair
) -> tuple[int | None, int | None]:
    """Return the places of sources and targets, by their roles or else by their languages."""
    if len(plain) == 2 and {"source_language", "target_language"} <= roles.keys():
        # They hold the terms: there are no other columns.
        return roles.pop("source_language"), roles.pop("target_language")
    source = roles.get("source", find_language_column(pair[0], plain))
    target = roles.get("target", find_language_column(pair[1], plain))
    # People write a country for a language, such as jp: certain beside the other language.
    if source is None and target is not None:
        source = find_country_column(pair[0], plain)
    elif target is None and source is not None:
        target = find_country_column(pair[1], plain)
    return source, target


def has_known_names(cells: Sequence[str]) -> bool:
    """Return whether cells are a header that names a source or a target, and something else."""
    roles = {find_role(simplify_name(cell)) for cell in cells} - {""}
    return len(roles) > 1 and bool(roles & {"source", "target"})


def find_glossary_layout(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Return the layout of a table as DeepL exports it: source, target and their languages.

    The same codes stand in every row, so the first row is not a header.
    """
    if not rows or any(len(row) != 4 or not all(map(is_code, row[2:])) for row in rows):
        return None
    if read_header(rows[0][:2], (rows[-1][2], rows[-1][3])) is not None:
        return None
    note = "The third and fourth column are read as the languages."
    return Layout(4, 0, 1, has_header=False, source_language=2, target_language=3, note=note)


def find_plain_layout(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Return the layout of a table without a header, by its first rows; None if it is not clear.

    That is source, target; with a third column whether the source was seen in training.
    """
    width = len(rows[0])
    if width == 2:
        return Layout(width, 0, 1, has_header=False)
    if width == 3 and all(row[2].strip() in SEEN for row in rows if len(row) == width):
        return Layout(width, 0, 1, has_header=False, seen=2)
    return None


def _describe_other_languages(names: Sequence[str], plain: Sequence[str], pair: Pair) -> str | None:
    """Return what is wrong with a header of two columns that names other languages."""
    codes = [find_language(name) for name in plain]
    if len(codes) != 2 or not all(codes) or primary(codes[0]) == primary(codes[1]):
        return None
    # `no` and `non` are words rather than Norwegian and Old Norse.
    are_codes = all(len(name) <= 5 and CODE.fullmatch(name.replace(" ", "-")) for name in plain)
    are_codes = are_codes and all(map(is_widely_used, codes))
    is_sure = are_codes or all(map(has_role_word, plain))
    if not is_sure and not is_language(codes[0], pair[0]):
        return None
    return (
        f"The header says {quote_all([name.strip() for name in names])}, and {'-'.join(pair)} is "
        "expected. Give the list of this language pair."
    )


# What the name of a column says: the role of its cells, their language, or both.

MAX_LANGUAGE_NAME = 30  # characters
CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE | re.ASCII)
_NAMES = {
    "source": "source, src, source term, source terms, source string, source text, source word, "
    "src term, term, terms, original, begriff, terme, término, termo, termine, термин, 术语, 原文, "
    "術語, 用語, 용어",
    "target": "target, targets, tgt, trg, target term, target terms, target string, target text, "
    "target word, tgt term, trg term, translation, translations, translated term, equivalent, "
    "übersetzung, traduction, traducción, tradução, traduzione, перевод, 译文, 翻译, 翻譯, "
    "訳語, 訳, 번역",
    "id": "id, stringid, string id, term id, entry id, no, nr, #",
    "status": "status, term status, usage status, administrative status, approval, "
    "approval status, usage, term usage, term info, statut, estado, stato, статус, 状态",
    # A cell such as `yes` or `x` says that the translation must not be used.
    "forbidden": "forbidden, is forbidden, deprecated, is deprecated, prohibited, obsolete, "
    "do not use, not allowed, disallowed, banned, verboten, interdit",
    "seen": "seen, seen in training",
    "source_language": "sourcelang, source lang, source language, src lang, ausgangssprache, "
    "langue source",
    "target_language": "targetlang, target lang, target language, tgt lang, zielsprache, "
    "langue cible",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split(", ")}
_JOINED = {"sourcestring": "source", "targetstring": "target", "sourceterm": "source",
           "targetterm": "target", "terminfo": "status"}  # fmt: skip
_WORD = r"(?:source|src|target|tgt|trg|terms?|translations?|text|string|begriff|terme)"
# Words of a role before or after a language: `source (English)`, `term fr`, `French term`.
_ROLE_FIRST = re.compile(rf"{_WORD}(?: {_WORD})*\b[ :]*")
_ROLE_LAST = re.compile(rf" {_WORD}(?: {_WORD})*$")
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_COUNTRY_IN_BRACKETS = re.compile(r"\s*\(.*\)\s*$")


def simplify_name(name: str) -> str:
    """Return a column's name in lower case, with single spaces in the place of _ and -."""
    return " ".join(re.sub(r"[_\-\s]+", " ", name.strip().strip('"').casefold()).split())


def find_role(name: str) -> str:
    """Return the role that a plain name says, or nothing."""
    return _ROLES.get(name) or _JOINED.get(name, "")


def has_role_word(name: str) -> bool:
    """Return whether a plain name begins or ends with the word of a role: `source en`."""
    return bool(_ROLE_FIRST.match(name) or _ROLE_LAST.search(name))


def find_language(name: str) -> str:
    """Return the code of a language by its code or its name in any language, or nothing."""
    bare = _ROLE_LAST.sub("", _ROLE_FIRST.sub("", name.strip(), count=1)).strip()
    inside = _IN_BRACKETS.fullmatch(bare)
    bare = inside[1].strip() if inside else bare
    code = bare.replace(" ", "-")
    if is_code(code):
        return code
    if not (3 if bare.isascii() else 1) < len(bare) <= MAX_LANGUAGE_NAME:
        return ""
    in_brackets = _IN_BRACKETS.search(bare)
    if not in_brackets:
        return _look_up_language(bare)
    language = _look_up_language(_COUNTRY_IN_BRACKETS.sub("", bare))
    country = _look_up_country(in_brackets[1])
    if language and country:
        return f"{language}-{country}"
    # Or a script stands in brackets: traditional chinese.
    return _look_up_language(f"{in_brackets[1]} {_COUNTRY_IN_BRACKETS.sub('', bare)}") or language


def is_code(cell: str) -> bool:
    """Return whether a text has the form of a language's code, and the language exists."""
    code = cell.strip().replace("_", "-")
    return CODE.fullmatch(code) is not None and langcodes.tag_is_valid(code.split("-")[0])


def find_language_column(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the column that is named by a language, the closest of several.

    For fr-CA that is fr-CA rather than fr, and fr rather than fr-FR; then the first.
    """

    def distance(place: int) -> int:
        if find_tag(codes[place]) == language:
            return 0
        return 1 if "-" not in codes[place] else 2

    codes = [find_language(name) for name in names]
    places = [place for place, code in enumerate(codes) if is_language(code, language)]
    return min(places, key=distance, default=None)


def find_country_column(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the first column that is named by a language's country, such as `jp`."""
    means = ((find_meant(name) or "").partition(" ")[0] if len(name) == 2 else "" for name in names)
    return next((n for n, code in enumerate(means) if code and is_language(code, language)), None)


def _look_up_language(name: str) -> str:
    try:
        return langcodes.find(name).to_tag()
    except LookupError:
        return ""


def _look_up_country(name: str) -> str:
    try:
        return langcodes.Language.find_name("territory", name).territory or ""
    except LookupError:
        return ""
