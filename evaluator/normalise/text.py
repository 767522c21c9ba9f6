"""Texts and forms as the family `term` compares them (docs/metrics.md 4)."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from typing import Literal, NamedTuple

from evaluator.normalise.languages import primary
from evaluator.normalise.lemmatisers import Lemmatiser, lemmatiser_for, lemmatiser_of
from evaluator.normalise.longer_word_rules import sign_rules
from evaluator.normalise.offsets import Offsets, clean, compose, fold
from evaluator.normalise.pieces import Piece, read_pieces, read_whole
from evaluator.normalise.tokenisers import tokeniser_signature
from evaluator.normalise.words import is_word


class TokenSpan(NamedTuple):
    """A token and its place [start, end) in `NormalisedText.text`."""

    text: str  # unfolded
    start: int
    end: int


@dataclass(frozen=True)
class NormalisedText:
    """A raw text in its three shapes, raw → text → folded, with the maps back, and its tokens.

    An empty text has no tokens. Most texts are asked for few of their properties.
    """

    raw: str
    text: str  # NFKC, no invisible characters, white space collapsed, plain hyphens; not folded
    folded: str  # casefold, no ligatures, then NFKC again
    text_offsets: Offsets  # text → raw
    folded_offsets: Offsets  # folded → text
    pieces: tuple[Piece, ...]  # of `text`

    @cached_property
    def token_starts(self) -> tuple[int, ...]:
        """Where each token begins in `text`."""
        places = zip(self._offsets, self.pieces, strict=True)
        return tuple([at + start for at, piece in places for start in piece.token_starts])

    @cached_property
    def token_ends(self) -> tuple[int, ...]:
        """Where each token ends."""
        places = zip(self._offsets, self.pieces, strict=True)
        return tuple([at + end for at, piece in places for end in piece.token_ends])

    @cached_property
    def folded_tokens(self) -> tuple[str, ...]:
        """Each token, folded by itself."""
        return tuple([token for piece in self.pieces for token in piece.folded_tokens])

    @cached_property
    def lemmas(self) -> tuple[str, ...]:
        """A folded lemma per token; () where the language has no lemmatiser."""
        return tuple([lemma for piece in self.pieces for lemma in piece.lemmas])

    @cached_property
    def words(self) -> tuple[tuple[int, int], ...]:
        """Places [start, end) in `text` of its words, longest runs of \\w.

        Tokens keep quotation marks and hyphens. () in Chinese and Korean.
        """
        places = zip(self._offsets, self.pieces, strict=True)
        return tuple([(at + start, at + end) for at, piece in places for start, end in piece.words])

    @cached_property
    def word_lemmas(self) -> tuple[str, ...]:
        """As `lemmas`, of words."""
        return tuple([lemma for piece in self.pieces for lemma in piece.word_lemmas])

    @cached_property
    def _offsets(self) -> list[int]:
        """Where each piece begins in `text`."""
        lengths = [len(piece.text) + 1 for piece in self.pieces[:-1]]
        return list(accumulate(lengths, initial=0))

    @property
    def tokens(self) -> tuple[TokenSpan, ...]:
        """The tokens with their places."""
        places = zip(self.token_starts, self.token_ends, strict=True)
        return tuple(TokenSpan(self.text[start:end], start, end) for start, end in places)

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Map [start, end), not empty, of `text` to the raw text."""
        return self.text_offsets.span(start, end)

    def text_span(self, start: int, end: int) -> tuple[int, int]:
        """Map [start, end), not empty, of `folded` to `text`."""
        return self.folded_offsets.span(start, end)

    def token_range(self, start: int, end: int) -> tuple[int, int]:
        """Return [first, last + 1) of the tokens that [start, end) of `text` touches."""
        first = bisect_right(self.token_ends, start)
        return first, bisect_left(self.token_starts, end, lo=first)

    def token_span(self, first: int, last: int) -> tuple[int, int]:
        """Map tokens [first, last), not empty, to `text`."""
        return self.token_starts[first], self.token_ends[last - 1]


@dataclass(frozen=True, slots=True)
class Form:
    """A source or target string, made ready for the search."""

    raw: str
    key: str  # what is looked for: folded, or unfolded if `is_capital`; equal keys match alike
    is_capital: bool  # all its cased characters, two or more, are upper-case
    lemmas: tuple[str, ...]  # () where it isn't lemmatised
    words: tuple[str, ...]  # unfolded
    word_lemmas: tuple[str, ...]  # () where it isn't lemmatised
    gaps: tuple[str, ...]  # before, between and after the words


@dataclass(frozen=True, slots=True)
class Normaliser:
    """How a language's texts and forms are read."""

    language: str  # BCP 47
    lemmatiser: Lemmatiser | None
    script: Literal["words", "zh", "ko"]  # which rule says where a match may start and end

    @classmethod
    def for_language(cls, language: str, lemmatiser: str | None = None) -> Normaliser:
        """Return the language's normaliser, with the lemmatiser of that name if a name is given.

        Raises KeyError for an unknown name, InfrastructureError for a lemmatiser that is not
        installed.
        """
        return _build(language, lemmatiser)

    def normalise(self, raw: str) -> NormalisedText:
        """Normalise and tokenise; InfrastructureError if the tokeniser isn't installed."""
        composed, from_composed = compose(raw)
        text, cleaned = clean(composed)
        folded_text, folded_offsets = fold(text)
        text_offsets = cleaned.after(from_composed)
        pieces = self._read_pieces(text)
        return NormalisedText(raw, text, folded_text, text_offsets, folded_offsets, pieces)

    def _read_pieces(self, text: str) -> tuple[Piece, ...]:
        lemmatise = self.lemmatiser.lemmatise if self.lemmatiser else None
        if self.script == "words":
            return read_pieces(text, self.language, lemmatise)
        return (read_whole(text, self.language, lemmatise),)

    def form(self, raw: str) -> Form:
        """Normalise a string that is to be looked for; without content its key is empty."""
        normalised = self.normalise(raw)
        text = normalised.text
        is_capital = text.isupper() and sum(map(_is_cased, text)) >= 2
        key = normalised.text if is_capital else normalised.folded
        edges = [0, *chain.from_iterable(normalised.words), len(text)]
        gaps = [text[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2)]
        return Form(
            raw,
            key,
            is_capital,
            () if is_capital else normalised.lemmas,
            tuple(text[start:end] for start, end in normalised.words),
            () if is_capital else normalised.word_lemmas,
            tuple(gaps),
        )

    def starts_at(self, text: str, start: int) -> bool:
        """Return whether a match may start there, by the character before it."""
        if start == 0:
            return True
        if self.script == "zh":
            return not (_is_latin(text[start - 1]) and _is_latin(text[start]))
        return not is_word(text[start - 1])

    def ends_at(self, text: str, end: int) -> bool:
        """Return whether a match may end there, by the character after it."""
        if end == len(text) or self.script == "ko":  # particles follow the word
            return True
        if self.script == "zh":
            return not (_is_latin(text[end - 1]) and _is_latin(text[end]))
        return not is_word(text[end])

    @property
    def signature(self) -> tuple[str, str]:
        """Name tokeniser and lemmatiser, each with its version."""
        lemmatiser = self.lemmatiser.signature if self.lemmatiser else "none"
        return tokeniser_signature(self.language), lemmatiser

    @property
    def longer_words(self) -> str:
        """Name the rules for terms inside longer words, with version and dictionary, or `off`."""
        return sign_rules(self.language)


@lru_cache(maxsize=64)
def _build(language: str, lemmatiser: str | None) -> Normaliser:
    code = primary(language)
    script: Literal["words", "zh", "ko"] = (
        "zh" if code == "zh" else "ko" if code == "ko" else "words"
    )
    own = lemmatiser_of(language) if lemmatiser is None else lemmatiser_for(lemmatiser, language)
    return Normaliser(language, own, script)


def _is_cased(character: str) -> bool:
    return character.isupper() or character.islower() or character.istitle()


@lru_cache(maxsize=4096)
def _is_latin(character: str) -> bool:
    """Return whether it is a Latin letter or a digit."""
    if character.isascii():
        return character.isalnum()
    return character.isdigit() or unicodedata.name(character, "").startswith("LATIN ")
