"""What counts as a term inside a longer word, given what stands before and after it.

The six rules of docs/longer-words.md. The cheap ones come first; cutting compounds is last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from evaluator.normalise.longer_word_rules import ChangedFinal, LongerWordRules
from evaluator.normalise.words import is_letters
from evaluator.terms.compounds import is_left_part, is_one_word, is_right_part

LEAST = 3  # letters of a part of a word, and of the shortest variant
LEAST_INSIDE = 5  # letters of a variant with both a left part and a rest
LEAST_SMALL_REST = 4  # letters of a rest that makes an adjective of a German noun
LEAST_BEFORE_SHORT = 4  # letters of the left part of a variant of three letters
LEAST_NEOCLASSICAL = 4  # letters of a left part in -o: Norovirus, Kardiomyopathie

Kind = Literal["nothing", "ending", "rest"]  # of what follows


class Word(NamedTuple):
    """A word of a text in which terms are looked for."""

    at: int  # its index among the text's words
    start: int  # in NormalisedText.text
    text: str
    folded: str
    lemma: str | None  # folded; None without a lemmatiser


@dataclass(frozen=True, slots=True)
class Stem:
    """A string that is looked up inside words for a word of a form."""

    form: int  # the form's index
    string: str  # folded, but for forms in capitals
    letters: int
    is_noun: bool  # written with a capital
    is_small: bool  # written with a small letter
    is_variant: bool = True  # the form's own word, not its lemma, with its last letter
    is_lemma: bool = False
    changed: ChangedFinal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule in a language of the table."""

    code: str  # a key of RULES
    rules: LongerWordRules

    def allows(self, stem: Stem, word: Word, left: str, right: str) -> bool:
        """Return whether a stem counts that has `left` before and `right` after it in a word."""
        if not (is_letters(left) and is_letters(right)):
            return False
        kinds: tuple[Kind, ...] = ("nothing",)
        if right:
            kinds = ("ending", "rest") if self._is_ending(right) else ("rest",)
        return any(self._allows_kind(kind, stem, word, left, right) for kind in kinds)

    def allows_lemma(self, stem: Stem, word: Word, left: str) -> bool:
        """Return whether a stem counts that ends the lemma of a word, after `left`."""
        return (
            stem.letters >= self.rules.least
            and is_letters(left)
            and word.folded.startswith(left)
            and self._fits_capitals("nothing", stem, word, left, "")
            and self._is_left_part(left)
        )

    def _allows_kind(self, kind: Kind, stem: Stem, word: Word, left: str, right: str) -> bool:
        return (
            self._has_letters(kind, stem, left)
            and (stem.changed is None or stem.changed.fits(kind, right))
            and self._fits_capitals(kind, stem, word, left, right)
            and (kind != "ending" or self._is_base(stem, word, left))
            and (not left or self._is_left_part(left))
            and (kind != "rest" or self._is_rest(right))
        )

    def _has_letters(self, kind: Kind, stem: Stem, left: str) -> bool:
        if stem.letters >= (LEAST_INSIDE if left and kind == "rest" else self.rules.least):
            return True
        if not (self.rules.nouns_are_capital and stem.is_noun and stem.is_variant):
            return False
        if stem.letters < LEAST or kind == "rest":
            return False
        return not left or (
            len(left) >= LEAST_BEFORE_SHORT and is_one_word(left.casefold(), self.code)
        )

    def _fits_capitals(self, kind: Kind, stem: Stem, word: Word, left: str, right: str) -> bool:
        """Return whether a noun stands in a noun, and another word in none but a first word."""
        is_capital = word.text[:1].isupper()
        if not self.rules.nouns_are_capital:
            return True
        if stem.is_noun and not is_capital:  # but compound adjectives: auslöserbasiert
            return not left and kind == "rest" and len(right) >= LEAST_SMALL_REST
        if stem.is_small:
            return kind != "rest" and not (left and is_capital)
        return True

    def _is_base(self, stem: Stem, word: Word, left: str) -> bool:
        """Return whether a word with an ending may be a form of what stands before the ending."""
        base = (left + stem.string).casefold()
        if word.lemma and len(word.lemma) < len(base) and base.startswith(word.lemma):
            return False  # Einstellungen is Einstellung, not Einstel-Lunge
        return all(
            base.endswith((suffix, end))
            for end, suffix in self.rules.guards
            if word.folded.endswith(end)
        )

    def _is_ending(self, right: str) -> bool:
        rules = self.rules
        if right in rules.endings:
            return True
        return len(right) <= rules.longest_chain and _is_chain(right, rules.suffix_chain)

    def _is_left_part(self, left: str) -> bool:
        left = left.casefold()
        if self.rules.dictionary is None or len(left) < LEAST or left in self.rules.prefixes:
            return False
        if left.endswith("o") and len(left) >= LEAST_NEOCLASSICAL:
            return True
        return is_left_part(left, self.code)

    def _is_rest(self, right: str) -> bool:
        right = right.casefold()
        rules = self.rules
        if rules.dictionary is None or len(right) < LEAST:
            return False
        if rules.suffixes is not None and rules.suffixes.fullmatch(right):
            return False
        return is_right_part(right, self.code)


def _is_chain(text: str, pieces: frozenset[str]) -> bool:
    """Return whether a short string is made of these pieces only."""
    begun = {0}
    for start in range(len(text)):
        if start in begun:
            begun |= {end for end in range(start + 1, len(text) + 1) if text[start:end] in pieces}
    return len(text) in begun
