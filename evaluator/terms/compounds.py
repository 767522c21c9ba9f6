"""Parts of compounds: whether a string is made of dictionary words and linking elements.

Part of the tier "in a longer word" (docs/longer-words.md). Strings are at most LONGEST letters
long, so a cut looks up at most some hundred of their parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from evaluator.normalise.longer_word_rules import RULES, LongerWordRules

if TYPE_CHECKING:
    from simplemma.strategies import DictionaryLookupStrategy

LEAST_WORD = 3  # letters of a dictionary word
LEAST_CUT_WORD = 4  # where a string is cut into several: dictionaries hold junk of three letters
CACHED_STRINGS = 50_000  # of at most 60 letters: 10 MB


@lru_cache(maxsize=CACHED_STRINGS)
def is_left_part(text: str, code: str) -> bool:
    """Return whether a string is one or more dictionary words, each with a linking element or none.

    `code` is a key of RULES with a dictionary; the string is folded.
    """
    rules = RULES[code]
    if is_one_word(text, code):
        return True
    begun = {0}
    for start in range(len(text)):
        if start in begun:
            for end in _list_cut_words(text, start, rules):
                begun.add(end)
                begun |= {end + len(link) for link in rules.linking if text.startswith(link, end)}
    return len(text) in begun


@lru_cache(maxsize=CACHED_STRINGS)
def is_right_part(text: str, code: str) -> bool:
    """Return whether a string is dictionary words, with a linking element before each or none."""
    rules = RULES[code]
    firsts = {0} | {len(link) for link in rules.linking if text.startswith(link)}
    if any(_is_known(text[first:], rules) for first in firsts):
        return True
    begun = set(firsts)
    for start in range(len(text)):
        if start in begun:
            for end in _list_cut_words(text, start, rules):
                if end == len(text):
                    return True
                begun.add(end)
                begun |= {end + len(link) for link in rules.linking if text.startswith(link, end)}
    return False


def is_one_word(text: str, code: str) -> bool:
    """Return whether a string is a dictionary word, with a linking element after it or none.

    A first part may have lost its last letter, as Filiale has in Filialaudit.
    """
    rules = RULES[code]
    bases = [text, *(text.removesuffix(link) for link in rules.linking if text.endswith(link))]
    if len(text) >= LEAST_CUT_WORD:
        changes = (change for change in rules.changed_finals if change.before == "rest")
        bases += [text + change.letter for change in changes]
    return any(_is_known(base, rules) for base in bases)


def _list_cut_words(text: str, start: int, rules: LongerWordRules) -> Iterator[int]:
    """Yield where dictionary words end that begin there."""
    for end in range(start + LEAST_CUT_WORD, len(text) + 1):
        if _is_known(text[start:end], rules):
            yield end


def _is_known(word: str, rules: LongerWordRules) -> bool:
    """Return whether a folded string is a dictionary word, with a capital or without."""
    if len(word) < LEAST_WORD or word in rules.not_words:
        return False
    assert rules.dictionary is not None
    look_up = _load_dictionary().get_lemma  # simplemma's `is_known`, faster
    if look_up(word, rules.dictionary) is not None:
        return True
    return any(
        folded in word and look_up(word.replace(folded, written), rules.dictionary) is not None
        for folded, written in rules.spellings
    )


@lru_cache(maxsize=1)
def _load_dictionary() -> DictionaryLookupStrategy:
    # Imported here: most texts need none.
    from simplemma.strategies import DictionaryLookupStrategy

    from evaluator.normalise.dictionaries import share_dictionaries

    return DictionaryLookupStrategy(share_dictionaries())
