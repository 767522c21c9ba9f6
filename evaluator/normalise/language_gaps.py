"""Target languages for which our metrics lack something, or have rules nobody has measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import langcodes

from evaluator.normalise.language_hints import name_of
from evaluator.normalise.languages import primary, sacrebleu_tokeniser
from evaluator.normalise.lemmatisers import has_lemmatiser, name_usual_lemmatiser
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

Kind = Literal["tokeniser", "lemmatiser", "chosen", "provisional"]
_TEXTS: dict[Kind, str] = {
    "tokeniser": (
        "{name} is written without spaces, and there is no tokeniser for it: whole phrases count "
        "as words, so BLEU and the term metrics are too low. Compare by chrF."
    ),
    "lemmatiser": (
        "{no_lemmas}: a term counts only in the forms that are listed, and any other inflected "
        "form is a miss."
    ),
    "chosen": (
        "For {name} the lemmatiser “{chosen}” was chosen instead of “{usual}”: scores of terms "
        "differ from those by “{usual}”."
    ),
    "provisional": (
        "Terms inside longer words count by provisional rules in {name}: nobody has measured yet "
        "how many they miss or find by mistake."
    ),
}
_UNLESS_LONGER = "{no_lemmas}: inflected terms count as missed unless inside a longer word."
_PROVISIONAL = (
    " Those rules are provisional: nobody has measured yet how many terms they miss or find by "
    "mistake."
)
_HAS_NO_LEMMATISER = "There is no lemmatiser for {name}"
_CHOSE_NO_LEMMAS = "The lemmatiser “{chosen}” was chosen, which gives no lemmas for {name}"


@dataclass(frozen=True, slots=True)
class LanguageGap:
    """Something that is missing for a language, and what follows for its scores."""

    kind: Kind
    has_longer_words: bool = False  # terms count inside longer words
    is_provisional: bool = False  # by rules that nobody has measured
    chosen: str = ""  # the test set's lemmatiser, if it is the reason
    usual: str = ""  # the language's, then

    def describe(self, name: str) -> str:
        """Return the sentence for people; `name` is the language's."""
        text = _TEXTS[self.kind]
        if self.kind == "lemmatiser" and self.has_longer_words:
            text = _UNLESS_LONGER + (_PROVISIONAL if self.is_provisional else "")
        lead = _CHOSE_NO_LEMMAS if self.chosen else _HAS_NO_LEMMATISER
        text = text.replace("{no_lemmas}", lead)
        return text.format(name=name, chosen=self.chosen, usual=self.usual)


@lru_cache(maxsize=256)
def find_gap(language: str, lemmatiser: str | None = None) -> LanguageGap | None:
    """Return what is missing for a target language (BCP 47), None where nothing is.

    `lemmatiser`: of the test set, a name in LEMMATISERS, if it names a lemmatiser of its own.

    Its script decides, as its code names it, else its likeliest by CLDR: a script without spaces
    needs a tokeniser of its own, and without a tokeniser a lemmatiser does not matter.
    Provisional rules for terms inside longer words are told in the same place.
    """
    script = langcodes.Language.get(language).maximize().script
    if script and script in UNSPACED_SCRIPTS and sacrebleu_tokeniser(language) == PLAIN_TOKENISER:
        return LanguageGap("tokeniser")
    rules = find_rules(language)
    longer_words = (rules is not None, rules is not None and not rules[1].is_measured)
    has_usual, usual = has_lemmatiser(language), name_usual_lemmatiser(language)
    chosen = (lemmatiser or "") if has_usual and lemmatiser != usual else ""
    if primary(language) not in UNINFLECTED and not has_lemmatiser(language, chosen or None):
        return LanguageGap("lemmatiser", *longer_words, chosen, usual)
    if chosen:
        return LanguageGap("chosen", *longer_words, chosen, usual)
    return LanguageGap("provisional", *longer_words) if longer_words[1] else None


def describe_gap(language: str, lemmatiser: str | None = None) -> str | None:
    """Return the sentence about what is missing, with the language's English name and code."""
    gap = find_gap(language, lemmatiser)
    return gap.describe(f"{name_of(language)} ({language})") if gap else None
