"""Lemmatisers by language, each with the signature that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING

from evaluator.errors import InfrastructureError
from evaluator.normalise.language_hints import name_of
from evaluator.normalise.languages import dictionary_code, primary

# Imported when they are needed: each costs as much as a whole `--help`.
if TYPE_CHECKING:
    import morfeusz2
    import pymorphy3
    import simplemma

CACHED_TOKENS = 200_000  # a test set's vocabulary many times over
# What pip installs for each, as pyproject.toml says.
INSTALLS = MappingProxyType(
    {
        "simplemma": "simplemma==2.0.0",
        "pymorphy3": "'pymorphy3>=2,<3' 'pymorphy3-dicts-ru>=2.4.417150,<3'",
        "morfeusz2": "morfeusz2==1.99.15",
    }
)
CACHED_LENGTH = 100  # characters; a longer token is no word, and would fill memory


@dataclass(frozen=True, slots=True)
class Lemmatiser:
    """Maps tokens to lemmas, each by itself and in its own case; of equal signatures alike."""

    signature: str  # name, version and language
    lemmatise: Callable[[str], str] = field(compare=False)


@contextmanager
def _explain_missing(name: str, language: str) -> Iterator[None]:
    """Turn a failed import into an InfrastructureError with the line that installs the package."""
    try:
        yield
    except ImportError as error:
        raise InfrastructureError(
            f"{name_of(language)} needs the lemmatiser {name}, which is not installed. "
            f"Install it: pip install {INSTALLS[name]}"
        ) from error


def _identity(language: str) -> Lemmatiser:
    return Lemmatiser("identity", str)


def _simplemma(language: str) -> Lemmatiser | None:
    with _explain_missing("simplemma", language):
        # Without a look into the dictionary: German's takes more than a second to load.
        from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

        release = version("simplemma")

    code = dictionary_code(language)
    if code not in SUPPORTED_LANGUAGES:
        return None

    def lemmatise(token: str) -> str:
        if len(token) > CACHED_LENGTH:
            return _simplemma_backend().lemmatize(token, lang=code)
        return _simplemma_cached(token, code)

    return Lemmatiser(f"simplemma-{release}-{code}", lemmatise)


@lru_cache(maxsize=1)
def _simplemma_backend() -> simplemma.Lemmatizer:
    import simplemma
    from simplemma.strategies import DefaultStrategy

    from evaluator.normalise.dictionaries import share_dictionaries

    # Without a cache of its own: simplemma's keeps tokens of any length.
    return simplemma.Lemmatizer(
        cache_max_size=0,
        lemmatization_strategy=DefaultStrategy(dictionary_factory=share_dictionaries()),
    )


@lru_cache(maxsize=CACHED_TOKENS)
def _simplemma_cached(token: str, code: str) -> str:
    return _simplemma_backend().lemmatize(token, lang=code)


def _pymorphy3(language: str) -> Lemmatiser | None:
    if primary(language) != "ru":
        return None

    def lemmatise(token: str) -> str:
        if len(token) > CACHED_LENGTH:
            return _first_normal_form(token)
        return _pymorphy3_cached(token)

    with _explain_missing("pymorphy3", language):
        import pymorphy3  # noqa: F401  # here, so that its absence is told before any text is read

        release = f"{version('pymorphy3')}-dicts-{version('pymorphy3-dicts-ru')}"
    return Lemmatiser(f"pymorphy3-{release}", lemmatise)


@lru_cache(maxsize=1)
def _pymorphy3_backend() -> pymorphy3.MorphAnalyzer:
    import pymorphy3

    # Made on first use: it loads its dictionary, 0.1 s.
    return pymorphy3.MorphAnalyzer(lang="ru")


def _first_normal_form(token: str) -> str:
    return str(_pymorphy3_backend().parse(token)[0].normal_form)


@lru_cache(maxsize=CACHED_TOKENS)
def _pymorphy3_cached(token: str) -> str:
    return _first_normal_form(token)


def _morfeusz2(language: str) -> Lemmatiser | None:
    if primary(language) != "pl":
        return None
    with _explain_missing("morfeusz2", language):
        import morfeusz2  # noqa: F401  # as above: a build for another machine does not load

        release = version("morfeusz2")  # its dictionary, SGJP, is part of the package

    def lemmatise(token: str) -> str:
        return token if len(token) > CACHED_LENGTH else _morfeusz2_cached(token)

    return Lemmatiser(f"morfeusz2-{release}", lemmatise)


@lru_cache(maxsize=1)
def _morfeusz2_backend() -> morfeusz2.Morfeusz:
    import morfeusz2

    # Made on first use: it loads its dictionary, 0.3 s.
    return morfeusz2.Morfeusz(generate=False)


@lru_cache(maxsize=CACHED_TOKENS)
def _morfeusz2_cached(token: str) -> str:
    """Return the lemma of the first reading of the whole token that is not a gerund.

    Nouns in -anie and -enie can be read as gerunds, too, and in some forms that reading is first.
    """
    readings = _morfeusz2_backend().analyse(token)
    last = max((end for _, end, _ in readings), default=0)
    whole = [reading for start, end, reading in readings if (start, end) == (0, last)]
    nouns_first = sorted(whole, key=lambda reading: reading[2].startswith("ger:"))
    lemma = nouns_first[0][1] if nouns_first else token
    return lemma.partition(":")[0] or token  # `lek:Sm2` tells homonyms apart


def _none(language: str) -> None:
    return None


# Each maps a language to its lemmatiser, or to None where it has no lemmatiser for it.
LEMMATISERS: Mapping[str, Callable[[str], Lemmatiser | None]] = MappingProxyType(
    {
        "identity": _identity,
        "simplemma": _simplemma,
        "pymorphy3": _pymorphy3,
        "morfeusz2": _morfeusz2,
        "none": _none,
    }
)
# Languages that simplemma does not lemmatise for the family `term`, or not well enough.
OWN_LEMMATISERS = {"ru": "pymorphy3", "pl": "morfeusz2"}


@lru_cache(maxsize=256)  # versions are read from files
def lemmatiser_for(name: str | None, language: str) -> Lemmatiser | None:
    """Return the lemmatiser of that name for a language (BCP 47), or None.

    None stands for "skip all lemma parts": for the name None or "none", and where the lemmatiser
    does not know the language; signatures then say `lemma:none`. Raises KeyError for an unknown
    name, InfrastructureError if the lemmatiser is not installed.
    """
    return LEMMATISERS[name or "none"](language)


def name_usual_lemmatiser(language: str) -> str:
    """Return the name of the lemmatiser that the family `term` takes, if it knows the language."""
    return OWN_LEMMATISERS.get(primary(language), "simplemma")


def lemmatiser_of(language: str) -> Lemmatiser | None:
    """Return the lemmatiser of the family `term` for a language (docs/metrics.md 4), or None.

    Russian has pymorphy3, Polish morfeusz2, Chinese and Korean none, every other language
    simplemma if it knows it. Raises InfrastructureError if the lemmatiser is not installed.
    """
    return lemmatiser_for(name_usual_lemmatiser(language), language)


def has_lemmatiser(language: str, name: str | None = None) -> bool:
    """Return whether a language has lemmas, by the lemmatiser of that name or the usual.

    What is not installed counts as there: scores are then an error, not scores without lemmas.
    """
    name = name or name_usual_lemmatiser(language)
    if name in ("identity", "none"):
        return False
    try:
        return lemmatiser_for(name, language) is not None
    except InfrastructureError:
        return True
