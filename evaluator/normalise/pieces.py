"""Texts in pieces: what stands between two spaces is read once, however often texts repeat it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from evaluator.normalise.offsets import fold_each
from evaluator.normalise.tokenisers import tokenise
from evaluator.normalise.words import find_words

Lemmatise = Callable[[str], str]

# Pieces that a process keeps, of all languages together: 40 MB of usual words, some 200 MB of
# nothing but signs. The references of TICO-19 have 10,000 (French) and 15,000 (Russian).
PIECES_KEPT = 50_000
LONGEST_KEPT = 25  # characters


class Piece(NamedTuple):
    """A text without spaces, or a whole text; places count from its own beginning."""

    text: str
    token_starts: tuple[int, ...]
    token_ends: tuple[int, ...]
    folded_tokens: tuple[str, ...]  # each folded by itself
    lemmas: tuple[str, ...]  # folded, a lemma per token; () without a lemmatiser
    words: tuple[tuple[int, int], ...]  # places of longest runs of \w
    word_lemmas: tuple[str, ...]  # as `lemmas`, of words


def read_whole(text: str, language: str, lemmatise: Lemmatise | None) -> Piece:
    """Return a text of a language without words, such as Chinese, in one piece."""
    return _read(text, language, lemmatise, ())


def read_pieces(text: str, language: str, lemmatise: Lemmatise | None) -> tuple[Piece, ...]:
    """Return what stands between single spaces, in a language whose tokeniser splits there.

    sacrebleu's 13a does: its rules look at neighbours, and a space is not a digit, stop or comma.
    """
    return tuple(
        [
            (_keep_piece if len(piece) <= LONGEST_KEPT else _read_piece)(piece, language, lemmatise)
            for piece in text.split(" ")
        ]
    )


def _read_piece(text: str, language: str, lemmatise: Lemmatise | None) -> Piece:
    return _read(text, language, lemmatise, find_words(text))


_keep_piece = lru_cache(maxsize=PIECES_KEPT)(_read_piece)


def _read(
    text: str,
    language: str,
    lemmatise: Lemmatise | None,
    places_of_words: tuple[tuple[int, int], ...],
) -> Piece:
    places = tokenise(text, language)
    tokens = [text[start:end] for start, end in places]
    words = [text[start:end] for start, end in places_of_words]
    lemmas = _find_lemmas(list(dict.fromkeys((*tokens, *words))), lemmatise)
    starts, ends = zip(*places, strict=True) if places else ((), ())
    return Piece(
        text,
        starts,
        ends,
        tuple(fold_each(tokens)),
        tuple(map(lemmas.__getitem__, tokens)) if lemmas else (),
        places_of_words,
        tuple(map(lemmas.__getitem__, words)) if lemmas else (),
    )


def _find_lemmas(words: list[str], lemmatise: Lemmatise | None) -> dict[str, str]:
    """Return the folded lemma of each word; {} without a lemmatiser."""
    if lemmatise is None:
        return {}
    # simplemma would drop the underscore of `_masques`, which is a name.
    lemmas = [word if "_" in word else lemmatise(word) for word in words]
    return dict(zip(words, fold_each(lemmas), strict=True))
