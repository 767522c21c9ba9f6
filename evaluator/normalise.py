"""Lemmatisers and tokenisers by language, each with the signature that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from types import MappingProxyType

import simplemma

CACHED_TOKENS = 200_000  # a test set's vocabulary many times over
CACHED_LENGTH = 100  # characters; a longer token is no word, and would fill memory


@dataclass(frozen=True, slots=True)
class Lemmatiser:
    """Maps one token to its lemma, each by itself and in its own case."""

    signature: str  # name, version and language
    lemmatise: Callable[[str], str]


def _identity(language: str) -> Lemmatiser:
    return Lemmatiser("identity", str)


def _simplemma(language: str) -> Lemmatiser | None:
    code = primary(language)
    if not _simplemma_knows(code):
        return None

    def lemmatise(token: str) -> str:
        if len(token) > CACHED_LENGTH:
            return _simplemma_backend().lemmatize(token, lang=code)
        return _simplemma_cached(token, code)

    return Lemmatiser(f"simplemma-{version('simplemma')}-{code}", lemmatise)


@lru_cache(maxsize=1)
def _simplemma_backend() -> simplemma.Lemmatizer:
    # Without a cache of its own: simplemma's keeps tokens of any length.
    return simplemma.Lemmatizer(cache_max_size=0)


@lru_cache(maxsize=CACHED_TOKENS)
def _simplemma_cached(token: str, code: str) -> str:
    return _simplemma_backend().lemmatize(token, lang=code)


@lru_cache(maxsize=64)
def _simplemma_knows(code: str) -> bool:
    try:
        _simplemma_backend().lemmatize("a", lang=code)
    except ValueError:
        return False
    return True


def _none(language: str) -> None:
    return None


# Each maps a language to its lemmatiser, or to None where there is none for it.
LEMMATISERS: Mapping[str, Callable[[str], Lemmatiser | None]] = MappingProxyType(
    {"identity": _identity, "simplemma": _simplemma, "none": _none}
)


def lemmatiser_for(name: str | None, language: str) -> Lemmatiser | None:
    """Return the lemmatiser of that name for a language (BCP 47), or None.

    None stands for "skip all lemma parts": asked for by the name None or "none", and given where
    the named one doesn't know the language; signatures then say `lemma:none`. Raises KeyError
    for an unknown name.
    """
    return LEMMATISERS[name or "none"](language)


def primary(language: str) -> str:
    """The primary subtag in lower case: `zh` of `zh-Hans`."""
    return language.replace("_", "-").split("-", 1)[0].lower()


def sacrebleu_tokeniser(language: str) -> str:
    """Name sacrebleu's tokeniser for a target language (metrics.md section 2)."""
    return {"zh": "zh", "ko": "ko-mecab"}.get(primary(language), "13a")
