"""Which column of a table holds what: by its header, or by its first rows where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.formats.terminologies.changes import quote_all
from evaluator.formats.terminologies.headers import (
    CODE,
    has_role_word,
    is_code,
    language_called,
    place_of_country,
    place_of_language,
    plain_name,
    role_of,
)
from evaluator.formats.terminologies.pairs import is_language
from evaluator.normalise import is_widely_used, primary

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


def layout_of_header(names: Sequence[str], pair: Pair) -> Layout | str | None:
    """Return the layout that a first row names, None if it names none.

    Columns are named by what they hold (`source`, `Term`), or by their language (`en`,
    `EN-US`, `English`, `anglais`). What is returned as a text is wrong with the header.
    """
    plain = [plain_name(name) for name in names]
    missing = [column for column in COLUMNS if column.lower() not in plain]
    if 0 < len(missing) < len(COLUMNS) and _is_tico(plain):
        return (
            f"The header lacks {', '.join(missing)}. Write a first row with id,{','.join(COLUMNS)}."
        )
    roles = {role_of(name): place for place, name in reversed(list(enumerate(plain)))}
    source, target = _find_sides(plain, roles, pair)
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
        status=_place_of_status(plain, target),
        forbidden=roles.get("forbidden"),
        forbidden_name=names[roles["forbidden"]].strip() if "forbidden" in roles else "",
        seen=2 if is_plain and is_documented else roles.get("seen"),
        source_language=roles.get("source_language"),
        target_language=roles.get("target_language"),
        note="" if is_documented else _note_on_header(names, source, target),
    )


def _find_sides(
    plain: Sequence[str], roles: dict[str, int], pair: Pair
) -> tuple[int | None, int | None]:
    """Return the places of sources and targets, by their roles or else by their languages."""
    if len(plain) == 2 and {"source_language", "target_language"} <= roles.keys():
        # They hold the terms: there are no other columns.
        return roles.pop("source_language"), roles.pop("target_language")
    source = roles.get("source", place_of_language(pair[0], plain))
    target = roles.get("target", place_of_language(pair[1], plain))
    # People write a country for a language, such as jp: certain beside the other language.
    if source is None and target is not None:
        source = place_of_country(pair[0], plain)
    elif target is None and source is not None:
        target = place_of_country(pair[1], plain)
    return source, target


def _place_of_status(plain: Sequence[str], target: int) -> int | None:
    """Return the column of statuses; of several the next after the target (memoQ's Term_Info)."""
    places = [place for place, name in enumerate(plain) if role_of(name) == "status"]
    return next((place for place in places if place > target), places[0] if places else None)


def has_known_names(cells: Sequence[str]) -> bool:
    """Return whether cells are a header that names a source or a target, and something else."""
    roles = {role_of(plain_name(cell)) for cell in cells} - {""}
    return len(roles) > 1 and bool(roles & {"source", "target"})


def layout_of_glossary(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Return the layout of a table as DeepL exports it: source, target and their languages.

    The same codes stand in every row, so the first row is not a header.
    """
    if len(rows) == 0 or any(len(row) != 4 for row in rows):
        return None
    if not all(is_code(cell) for row in rows for cell in row[2:]):
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


def _is_tico(names: Sequence[str]) -> bool:
    """Return whether a header names a column as only TICO-19's lists do."""
    return any(column.lower() in names for column in COLUMNS)


def _other_languages(names: Sequence[str], plain: Sequence[str], pair: Pair) -> str | None:
    """Return what is wrong with a header of two columns that names other languages."""
    found = [language_called(name) for name in plain]
    if len(found) != 2 or not all(found) or primary(found[0]) == primary(found[1]):
        return None
    # `no` and `non` are words rather than Norwegian and Old Norse.
    are_codes = all(len(name) <= 5 and CODE.fullmatch(name.replace(" ", "-")) for name in plain)
    are_codes = are_codes and all(map(is_widely_used, found))
    is_sure = are_codes or all(map(has_role_word, plain))
    if not is_sure and not is_language(found[0], pair[0]):
        return None
    return (
        f"The header says {quote_all([name.strip() for name in names])}, and {'-'.join(pair)} is "
        "expected. Give the list of this language pair."
    )


def _note_on_header(names: Sequence[str], source: int, target: int) -> str:
    shown = quote_all([names[source].strip().strip('"'), names[target].strip().strip('"')])
    return f"The first row is read as a header; sources and targets are in {shown}."
