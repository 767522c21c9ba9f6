"""Keys of JSON objects that are language codes: `{"en": …, "de": …}`, as WMT25 has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from evaluator.normalise import find_tag, primary

_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")


def find_language_keys(keys: Iterable[str], pair: tuple[str, str]) -> tuple[str, str] | None:
    """Return the keys that name the source and the target language, None unless both are there.

    `zh` stands for `zh-Hant` where no other key does.
    """
    return _find_keys(tuple(key for key in keys if _CODE.fullmatch(key)), pair)


def find_language_key(keys: Iterable[str], language: str) -> str | None:
    """Return the key that names a language, None if there is none."""
    codes = [key for key in keys if _CODE.fullmatch(key)]
    return _find_key(codes, language)


@lru_cache(maxsize=256)
def _find_keys(codes: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, str] | None:
    source = _find_key(codes, pair[0])
    target = _find_key([code for code in codes if code != source], pair[1])
    return None if source is None or target is None else (source, target)


def _find_key(codes: Iterable[str], language: str) -> str | None:
    """Return the code that is the language itself, or else its language without a country."""
    alike = [code for code in codes if primary(code) == primary(language)]
    exact = [code for code in alike if find_tag(code) == language]
    return next(iter(exact or alike), None)
