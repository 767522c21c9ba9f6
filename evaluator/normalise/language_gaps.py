"""Target languages for which our metrics lack something, or have rules nobody has measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import langcodes

from evaluator.normalise.language_hints import name_of
from evaluator.normalise.languages import primary, sacrebleu_tokeniser
from evaluator.normalise.lemmatisers import has_lemmatiser
from evaluator.normalise.longer_word_rules import find_rules

PLAIN_TOKENISER = "13a"  # splits at spaces and punctuation

# Scripts, by ISO 15924, that are written without spaces between words: those of the line breaking
# classes ID, SA, AK and AS of Unicode (UAX #14), and Tibetan, which has a dot between syllables.
UNSPACED_SCRIPTS = (
    "Ahom Bali Batk Bopo Cham Hani Hans Hant Hira Hrkt Java Jpan Kana Khmr Kits Lana Laoo Leke "
    "Mymr Nshu Phag Tale Talu Tang Tavt Thai Tibt Yiii"
)
# Words that do not inflect (Chinese, Vietnamese), or whose endings may follow a match (Korean:
# `Normaliser.ends_at`). Every other language is taken to inflect.
UNINFLECTED = frozenset({"zh", "vi", "ko"})

Kind = Literal["tokeniser", "lemmatiser", "provisional"]
_TEXTS: dict[Kind, str] = {
    "tokeniser": (
        "{name} is written without spaces, and there is no tokeniser for it: whole phrases count "
        "as words, so BLEU and the term metrics are too low. Compare by chrF."
    ),
    "lemmatiser": (
        "There is no lemmatiser for {name}: a term counts only in the forms that are listed, and "
        "any other inflected form is a miss."
    ),
    "provisional": (
        "Terms inside longer words count by provisional rules in {name}: nobody has measured yet "
        "how many they miss or find by mistake."
    ),
}
_UNLESS_LONGER = (
    "There is no lemmatiser for {name}: inflected terms count as missed unless inside a longer "
    "word. Those rules are provisional: nobody has measured yet how many terms they miss or find "
    "by mistake."
)


@dataclass(frozen=True, slots=True)
class LanguageGap:
    """Something that is missing for a language, and what follows for its scores."""

    kind: Kind
    has_longer_words: bool = False  # terms count inside longer words, by provisional rules

    def describe(self, name: str) -> str:
        """Return the sentence for people; `name` is the language's."""
        if self.kind == "lemmatiser" and self.has_longer_words:
            return _UNLESS_LONGER.format(name=name)
        return _TEXTS[self.kind].format(name=name)


@lru_cache(maxsize=256)
def find_gap(language: str) -> LanguageGap | None:
    """Return what is missing for a target language (BCP 47), None where nothing is.

    Its script decides, as its code names it, else its likeliest by CLDR: a script without spaces
    needs a tokeniser of its own, and without a tokeniser a lemmatiser does not matter.
    Provisional rules for terms inside longer words are told in the same place.
    """
    script = langcodes.Language.get(language).maximize().script
    if script and script in UNSPACED_SCRIPTS and sacrebleu_tokeniser(language) == PLAIN_TOKENISER:
        return LanguageGap("tokeniser")
    longer = find_rules(language)
    is_provisional = longer is not None and not longer[1].is_measured
    if primary(language) not in UNINFLECTED and not has_lemmatiser(language):
        return LanguageGap("lemmatiser", is_provisional)
    return LanguageGap("provisional", True) if is_provisional else None


def describe_gap(language: str) -> str | None:
    """Return the sentence about what is missing, with the language's English name and code."""
    gap = find_gap(language)
    return gap.describe(f"{name_of(language)} ({language})") if gap else None
