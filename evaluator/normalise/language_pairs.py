"""Language pairs as people write them: `en-fr`, `zh-TW-en`, `eng_fra`, `en2fr`, `en > fr`.

The only parser for all of them: the command line, names of files, imports and the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from xml.etree.ElementTree import fromstring

from evaluator.errors import LanguageError, printable
from evaluator.normalise.language_hints import (
    REFUSED,
    SHOWN,
    describe_country,
    explain_code,
    find_meant,
    name_of,
)
from evaluator.normalise.languages import canonical_pair, find_tag, primary

Pair = tuple[str, str]  # source and target language, each canonical

MAX_PAIR = 60  # characters; two codes of MAX_LENGTH and what stands between them
_ARROW = re.compile(r"\s*(?:[-=]*[>→⇒⟶»]|\sto\s|\s|[:/|,;+–—‐‑−])\s*")
_COUNTRY = re.compile("-([A-Z]{2})(?:-|$)")  # of a canonical tag
_TO = re.compile(r"(?<=[A-Za-z])2(?=[A-Za-z])|[-_]to[-_]")


def parse_pair(text: str) -> Pair:
    """Return source and target language of a pair, as `canonical` writes them.

    A script, country or variant belongs to the language before it. Where a text can be read in
    two ways (`fr-ca-es`: French as in Canada, or Catalan as in Spain), capitals decide, then
    where a language is official. Raises LanguageError with what to write instead: for an unknown
    language, a text that is not a pair or is still ambiguous, and for two equal languages. A
    language with a country (`pt-BR`), or what may be (`pt-br`), is not a pair: see `find_locale`.
    """
    readings = read_pair(text)
    locale = find_locale(text)
    if locale and readings:
        raise LanguageError(_explain_locale(text, locale))
    if len(readings) == 1:
        return canonical_pair(*readings[0])
    if readings:
        either = " or as ".join(f"{source} → {target}" for source, target in readings)
        raise LanguageError(
            f"{_shown(text)} can be read as {either}. "
            "Write countries in capitals, or an arrow between the languages: 'pt-BR>fr'."
        )
    raise LanguageError(_explain_pair(text))


def read_pair(text: str) -> list[Pair]:
    """Return the likeliest readings of a text as a pair, which may be several."""
    text = text.strip()
    if len(text) > MAX_PAIR:
        return []
    readings: dict[Pair, tuple[int, int]] = {}
    for sides in _list_cuts(text):
        source, target = map(find_tag, sides)
        if source and target:
            readings[source, target] = _rank_reading(sides)
    least = min(readings.values(), default=None)
    return [pair for pair, rank in readings.items() if rank == least]


def is_single(code: str) -> bool:
    """Return whether a text is a single language, not a pair: `pt-BR`, but not `en-fr`.

    With a country it is a single language where that is official (Portuguese in Brazil), or where
    it is in capitals and its code is not that of the country's own language (`es-US`, `zh-MY`,
    not `en-FR`).
    """
    tag = find_tag(code)
    if tag is None:
        return False
    country = _written_country(code)
    if country is None:
        return not read_pair(code)
    if is_official(tag):
        return True
    is_locale = _is_written_as_locale(country, code)
    return is_locale and not (read_pair(code) and _names_its_language(country))


def find_locale(text: str) -> str | None:
    """Return the language with a country that a text is or may be, None for a pair.

    With the country in capitals (`de-CH`, not `DE-CH`) it is what `is_single` says. Otherwise
    `pt-br` may be Portuguese as written in Brazil, because it is official there. These are pairs
    all the same: English and another language (`en-ca`, the most usual source), and languages
    that share a country (`sv-fi`, `fr-rw`: the code is the country's and its own language's).
    """
    tag, country = find_tag(text), _written_country(text)
    if tag is None or country is None:
        return None
    if _is_written_as_locale(country, text):
        return tag if is_single(text) else None
    is_usual_pair = primary(tag) == "en" or _names_its_language(country)
    return tag if is_official(tag) and not is_usual_pair else None


def is_ambiguous(text: str) -> bool:
    """Return whether a text may be a pair or a language with a country: `pt-br`, not `pt-BR`."""
    if find_locale(text) is None or not read_pair(text):
        return False
    return not _is_written_as_locale(_written_country(text) or "", text)


def is_odd_country(tag: str) -> bool:
    """Return whether a tag names a country in which its language is not official."""
    return _COUNTRY.search(tag) is not None and not is_official(tag)


def is_official(tag: str) -> bool:
    """Return whether a language is official in the country that its tag names, by CLDR."""
    country = _COUNTRY.search(tag)
    return country is not None and (primary(tag), country[1]) in _official()


def _written_country(code: str) -> str | None:
    """Return the country of a code, in the letters in which it is written."""
    match = re.search("-([A-Za-z]{2})(?:-|$)", code.strip().replace("_", "-"))
    return match[1] if match else None


def _is_written_as_locale(country: str, code: str) -> bool:
    """Return whether the country is in capitals and the language is not: `pt-BR`, not `PT-BR`."""
    return country.isupper() and not code.isupper()


def _names_its_language(country: str) -> bool:
    """Return whether a country's code is also that of a language which is official there."""
    return (primary(country), country.upper()) in _official()


def _list_cuts(text: str) -> Iterator[tuple[str, str]]:
    """Yield every cut of a text in two; a sign that only stands between languages decides."""
    for sign in (_ARROW, _TO):
        parts = sign.split(text)
        if len(parts) == 2:
            yield parts[0], parts[1]
            return
    parts = re.split("[-_]+", text)
    for place in range(1, len(parts)):
        yield "-".join(parts[:place]), "-".join(parts[place:])


def _rank_reading(sides: tuple[str, str]) -> tuple[int, int]:
    """Return how unlikely a reading is: by odd capitals of codes, then by odd countries."""
    is_mixed = not "".join(sides).isupper() and not "".join(sides).islower()
    against = odd = 0
    for side in sides:
        language, *others = side.split("-")
        countries = [part for part in others if len(part) == 2]
        against += is_mixed and language.isupper()
        against += is_mixed and any(country.islower() for country in countries)
        odd += is_odd_country(find_tag(side) or "")
    return against, odd


def _explain_pair(text: str) -> str:
    locale = find_tag(text)
    if locale and _written_country(text) and is_single(text):
        return _explain_locale(text, locale)
    sides = list(_list_cuts(text.strip())) if len(text) <= MAX_PAIR else []
    if not sides or is_single(text) or not all(map(str.strip, sides[0])):
        what = "one language" if find_tag(text) else "not a language pair"
        return f"{_shown(text)} is {what}. Write source and target: en-fr, zh-TW-en."
    # Of several cuts the first that leaves a language on a side.
    source, target = next((pair for pair in sides if any(map(find_tag, pair))), sides[0])
    unknown = target if find_tag(source) else source
    meant = [find_tag(side) or find_meant(side) for side in (source, target)]
    if unknown.lower().split("-")[0] in REFUSED or not all(meant):
        return f"{_shown(text)} is not a language pair: {explain_code(unknown)}"
    suggestion = "-".join(code.partition(" ")[0] for code in meant if code)
    return f"{_shown(text)} is not a language pair. Do you mean {suggestion}?"


def _explain_locale(text: str, tag: str) -> str:
    """Return why a language with a country is not a pair, and what to write instead."""
    example = f"{'fr' if primary(tag) == 'en' else 'en'}-{tag}"
    country = _written_country(text) or ""
    if not is_ambiguous(text):
        hint = ""
        if country.islower() and country in REFUSED:
            refused = REFUSED[country]
            hint = f" If you mean {refused.name}, write {refused.instead}."
        return (
            f"{_shown(text)} is one language ({describe_country(tag)}). "
            f"Write a pair like {example}.{hint}"
        )
    readings = read_pair(text)
    either = " or ".join(f"{name_of(source)} → {name_of(target)}" for source, target in readings)
    source, target = readings[0]
    return (
        f"{_shown(text)} can be read as {either}, or as one language "
        f"({describe_country(tag)}). Write '{source}>{target}', or a pair like {example}."
    )


def _shown(text: str) -> str:
    return repr(printable(text, SHOWN))


@lru_cache(maxsize=1)
def _official() -> frozenset[tuple[str, str]]:
    """Languages with the countries where CLDR says that they are official; 20 ms, when needed."""
    path = files("language_data") / "data" / "supplementalData.xml"
    return frozenset(
        (primary(language.get("type", "")), territory.get("type", ""))
        for territory in fromstring(path.read_text("utf-8")).iter("territory")
        for language in territory.iter("languagePopulation")
        if language.get("officialStatus")
    )
