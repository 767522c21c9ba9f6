"""What the name of a column says: the role of its cells, their language, or both."""

from __future__ import annotations

import re
from collections.abc import Sequence

import langcodes

from evaluator.formats.terminologies.pairs import is_language
from evaluator.normalise import find_meant, find_tag

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


def plain_name(name: str) -> str:
    """Return a column's name in lower case, with single spaces in the place of _ and -."""
    return " ".join(re.sub(r"[_\-\s]+", " ", name.strip().strip('"').casefold()).split())


def role_of(name: str) -> str:
    """Return the role that a plain name says, or nothing."""
    return _ROLES.get(name) or _JOINED.get(name, "")


def has_role_word(name: str) -> bool:
    """Return whether a plain name begins or ends with the word of a role: `source en`."""
    return bool(_ROLE_FIRST.match(name) or _ROLE_LAST.search(name))


def language_called(name: str) -> str:
    """Return the code of a language by its code or its name in any language, or nothing."""
    bare = _ROLE_LAST.sub("", _ROLE_FIRST.sub("", name.strip(), count=1)).strip()
    inside = _IN_BRACKETS.fullmatch(bare)
    bare = inside[1].strip() if inside else bare
    code = bare.replace(" ", "-")
    if is_code(code):
        return code
    if not (3 if bare.isascii() else 1) < len(bare) <= MAX_LANGUAGE_NAME:
        return ""
    country = _IN_BRACKETS.search(bare)
    without = _COUNTRY_IN_BRACKETS.sub("", bare)
    if not country:
        return _find_language(bare)
    with_script = f"{country[1]} {without}"  # traditional chinese
    return (
        _with_country(_find_language(without), country[1])
        or _find_language(with_script)
        or _find_language(without)
    )


def is_code(cell: str) -> bool:
    """Return whether a text has the form of a language's code, and the language exists."""
    code = cell.strip().replace("_", "-")
    return CODE.fullmatch(code) is not None and langcodes.tag_is_valid(code.split("-")[0])


def place_of_language(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the column that is named by a language, the closest one of several.

    For fr-CA that is fr-CA rather than fr, and fr rather than fr-FR; then the first.
    """
    codes = [language_called(name) for name in names]
    places = [n for n, code in enumerate(codes) if is_language(code, language)]
    return min(places, key=lambda n: _distance(codes[n], language), default=None)


def place_of_country(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the first column that is named by a language's country, such as `jp`."""
    means = ((find_meant(name) or "").partition(" ")[0] if len(name) == 2 else "" for name in names)
    return next((n for n, code in enumerate(means) if code and is_language(code, language)), None)


def _distance(code: str, wanted: str) -> int:
    if find_tag(code) == wanted:
        return 0
    return 1 if "-" not in code else 2


def _with_country(language: str, country: str) -> str:
    try:
        found = langcodes.Language.find_name("territory", country)
    except LookupError:
        return ""
    return language and f"{language}-{found.territory}"


def _find_language(name: str) -> str:
    try:
        return langcodes.find(name).to_tag()
    except LookupError:
        return ""
