"""How each language's text is read: tokens, lemmas, case, boundaries, each with a signature."""

from __future__ import annotations

from evaluator.normalise.languages import (
    are_different,
    canonical,
    canonical_pair,
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
    "lemmatiser_for",
    "lemmatiser_of",
    "primary",
    "sacrebleu_tokeniser",
]
