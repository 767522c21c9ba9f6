"""How each language's text is read: tokens, lemmas, case, boundaries, each with a signature."""

from __future__ import annotations

from evaluator.normalise.language_gaps import describe_gap, find_gap
from evaluator.normalise.language_hints import find_meant, find_old_codes, name_of
from evaluator.normalise.language_pairs import (
    find_locale,
    is_ambiguous,
    is_odd_country,
    is_single,
    parse_pair,
    read_pair,
)
from evaluator.normalise.languages import (
    are_different,
    canonical,
    canonical_pair,
    contradicts,
    find_tag,
    is_widely_used,
    primary,
    sacrebleu_tokeniser,
)
from evaluator.normalise.lemmatisers import (
    LEMMATISERS,
    Lemmatiser,
    lemmatiser_for,
    lemmatiser_of,
)
from evaluator.normalise.offsets import Offsets
from evaluator.normalise.text import Form, NormalisedText, Normaliser, TokenSpan

__all__ = [
    "LEMMATISERS",
    "Form",
    "Lemmatiser",
    "NormalisedText",
    "Normaliser",
    "Offsets",
    "TokenSpan",
    "are_different",
    "canonical",
    "canonical_pair",
    "contradicts",
    "describe_gap",
    "find_gap",
    "find_locale",
    "find_meant",
    "find_old_codes",
    "find_tag",
    "is_ambiguous",
    "is_odd_country",
    "is_single",
    "is_widely_used",
    "lemmatiser_for",
    "lemmatiser_of",
    "name_of",
    "parse_pair",
    "primary",
    "read_pair",
    "sacrebleu_tokeniser",
]
