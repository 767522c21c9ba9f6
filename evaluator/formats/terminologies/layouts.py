"""Which column of a table holds what: by the names in its header, or else by its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.formats.terminologies.changes import quote_all
from evaluator.formats.terminologies.column_names import (
    CODE,
    find_country_column,
    find_language,
    find_language_column,
    find_role,
    has_role_word,
    is_code,
    simplify_name,
)
from evaluator.formats.terminologies.listed import is_language
from evaluator.formats.terminologies.statuses import NO, YES, read_status
from evaluator.normalise import is_widely_used, primary

Pair = tuple[str, str]  # source and target language

# TICO-19's; a header that names some of them has to name all.
COLUMNS = ("sourceLang", "targetLang", "sourceString", "targetString")
OURS = ["source", "targets"]  # of the terminologies that participants download
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
    allowed: int | None = None  # says the same the other way round
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
    roles = {role: place for role, place in roles.items() if place not in (source, target)}
    is_plain = (source, target) == (0, 1) and len(names) == 2 + (roles.get("seen") == 2)
    is_documented = {plain[source], plain[target]} <= {
        "source", "target", "targets", "sourcestring", "targetstring"
    }  # fmt: skip
    statuses = [place for place, name in enumerate(plain) if find_role(name) == "status"]
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
        allowed=roles.get("allowed"),
        seen=2 if is_plain and is_documented else roles.get("seen"),
        source_language=roles.get("source_language"),
        target_language=roles.get("target_language"),
        note="" if plain[:2] == OURS or not missing else _describe_header(names, source, target),
    )


def _describe_header(names: Sequence[str], source: int, target: int) -> str:
    """Return what is reported of a header, with the way out where it may be a term."""
    sides = [names[place].strip().strip('"') for place in (source, target)]
    note = f"The first row is read as a header; sources and targets are in {quote_all(sides)}."
    if any(find_role(simplify_name(name)) for name in sides):
        return note
    return f"{note} If it is a term, write a row with source and target before it."


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


def find_plain_layout(
    rows: Sequence[Sequence[str]], *, has_free_width: bool = False
) -> Layout | None:
    """Return the layout of a table without a header, by its first rows; None if it is not clear.

    That is source, target; a third column says whether the source was seen in training, or the
    translation's status. Columns that are empty in all rows are passed over.
    """
    width = max((place for row in rows for place, cell in enumerate(row, 1) if cell.strip()),
                default=0)  # fmt: skip
    if width == 2:
        width = 3 if has_free_width else 2
        return Layout(width, 0, 1, has_header=False, has_free_width=has_free_width,
                      seen=2 if has_free_width else None)  # fmt: skip
    if width != 3:
        return None
    words = {row[2].strip() for row in rows if len(row) >= width}
    if words <= SEEN.keys():
        return Layout(width, 0, 1, has_header=False, has_free_width=has_free_width, seen=2)
    if all(read_status(word) != "unknown" for word in words) and not words & ((YES | NO) - {""}):
        note = "The third column is read as the status."
        return Layout(width, 0, 1, has_header=False, status=2, note=note)
    # Between tabs a row with another word is refused alone.
    return (
        Layout(width, 0, 1, has_header=False, has_free_width=True, seen=2)
        if has_free_width
        else None
    )


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
