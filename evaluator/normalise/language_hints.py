"""Suggestions for texts that are not language codes: the code that was probably meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

import langcodes

from evaluator.errors import printable

SHOWN = 40  # characters of a code in a message
LONGEST_NAME = 30  # characters of what is looked up as a language's name


@dataclass(frozen=True, slots=True)
class MisusedCode:
    """A code that people often write for a different language."""

    codes: tuple[str, ...]  # all that name the language itself
    name: str  # of that language
    instead: str  # the code that it keeps
    meant: str  # the language that people mean, with its code


# Codes of languages, and of the countries of much larger ones: nearly always a mistake, which
# no other check sees before the scores are wrong.
REFUSED = {
    "in": MisusedCode(
        ("in",), "Indonesian", "id", "Languages of India have their own: Hindi is hi"
    ),
    "kr": MisusedCode(("kr", "kau", "knc"), "Kanuri", "kau", "Korean is ko"),
    "tw": MisusedCode(("tw", "twi"), "Twi", "twi", "Chinese as written in Taiwan is zh-TW"),
}
# Codes that ISO 639 gave up; they are understood, and shown as those of today.
OLD = {"iw": "he", "ji": "yi", "jw": "jv"}
# Countries whose likeliest language, by CLDR, is not the language named after them.
_COUNTRIES = {"kz": "kk", "by": "be", "uk": "uk"}


def explain_code(code: str) -> str:
    """Return what is wrong with a language code, and what to write instead."""
    shown = repr(printable(code, SHOWN))
    language = code.strip().lower().replace("_", "-").partition("-")[0]
    if language in REFUSED:
        refused = REFUSED[language]
        return (
            f"{shown} is the code of {refused.name}, not of a country. {refused.meant}. "
            f"If you mean {refused.name}, write {refused.instead}."
        )
    meant = find_meant(code)
    if meant:
        return f"{shown} is not a known language. Do you mean {meant}?"
    return (
        f"{shown} is not a language code. "
        "Write it as BCP 47 does: en, pt-BR, zh-Hans (language, script, country)."
    )


def find_meant(code: str) -> str | None:
    """Return the language that a country's code or a name stands for, as `fr (French)`."""
    name = code.strip()
    if re.fullmatch("[A-Za-z]{2}", name):
        country = name.lower()
        language = _COUNTRIES.get(country) or _find_likeliest_language(country)
    elif 3 < len(name) <= LONGEST_NAME:
        language = _find_language_called(name)
    else:
        return None
    return f"{language} ({name_of(language)})" if language else None


def name_of(code: str) -> str:
    """Return a language's name in English: `Chinese (Traditional)` of `zh-Hant`."""
    return langcodes.Language.get(code).display_name("en")


def describe_country(code: str) -> str:
    """Return a language with its country in English: `Portuguese as written in Brazil`."""
    tag = langcodes.Language.get(code)
    language = langcodes.Language.make(language=tag.language, script=tag.script)
    return f"{language.display_name('en')} as written in {tag.territory_name('en')}"


def find_old_codes(text: str) -> list[str]:
    """Return a sentence on each code of a language or pair that ISO 639 has given up."""
    words = dict.fromkeys(re.split("[^a-z]+", text.lower()))
    return [
        f"{word!r} is an old code: {name_of(OLD[word])} is {OLD[word]}."
        for word in words
        if word in OLD
    ]


def _find_likeliest_language(code: str) -> str | None:
    country = f"und-{code.upper()}"
    if not langcodes.tag_is_valid(country):
        return None
    language = langcodes.Language.get(country).maximize().language
    # CLDR answers English where it knows nothing of a country.
    is_known = language != "en" or code in ("gb", "us", "ie", "au", "nz")
    return language if is_known else None


def _find_language_called(name: str) -> str | None:
    """Return the code of a language by its name, in any language that CLDR knows."""
    for text in (name, re.split(r"[-_ ,(]", name)[0]):
        if len(text) > 3:
            try:
                return langcodes.find(text).to_tag()
            except LookupError:
                continue
    return None
