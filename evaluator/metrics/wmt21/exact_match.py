"""Exact match: which terms occur in the hypothesis, surface first, then among lemmas."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import ClassVar

import numpy as np

from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.terms import Tokens, accepted_forms
from evaluator.types import Segment, Statistics, TermAnnotation

SPECIAL = frozenset(".^$*+?{}[]\\|()")


class ExactMatch(Wmt21Metric):
    """Share of the terms found, in [0, 1], higher is better; absent without terms."""

    name = "wmt21-exact-match"
    dtype: ClassVar[type[np.generic]] = np.int64

    def row(self, segment: Segment, hypothesis: str) -> tuple[float, ...]:
        """Terms found, not found, found by lemma only."""
        terms = segment.reference_terms[0]
        tokens = tuple(hypothesis.split())
        if not tokens:  # else the padded text, two spaces, would match an empty variant
            return 0, len(terms), 0
        surface = _padded(tokens)
        lemmas = _padded(self.lemmas(tokens)) if self.lemmatiser else None
        used: set[int] = set()
        found = found_by_lemma = 0
        for term in terms:
            if _claim(term, surface, used):
                found += 1
            # Offsets in the lemmatised text are compared with those of the surface as they are.
            elif lemmas is not None and _claim(term, lemmas, used):
                found_by_lemma += 1
        return found, len(terms) - found - found_by_lemma, found_by_lemma

    def aggregate(self, total: Statistics) -> float | None:
        """(found + found by lemma) / terms; None without terms."""
        found, wrong, found_by_lemma = total.tolist()
        terms = found + wrong + found_by_lemma
        return (found + found_by_lemma) / terms if terms else None

    def details(self, total: Statistics) -> Mapping[str, int | float | str]:
        """The three counts."""
        found, wrong, found_by_lemma = (int(count) for count in total)
        return {"found": found, "wrong": wrong, "found_by_lemma": found_by_lemma}


def _padded(tokens: Tokens) -> str:
    return f" {' '.join(tokens)} "


def _claim(term: TermAnnotation, text: str, used: set[int]) -> bool:
    """Take the first free offset of *each* form: one term can use up several."""
    is_found = False
    for form in accepted_forms(term):
        offset = next((at for at in _offsets(form, text) if at not in used), None)
        if offset is not None:
            used.add(offset)
            is_found = True
    return is_found


def _offsets(form: str, text: str) -> Iterator[int]:
    """Where the unescaped form matches between spaces; matches may overlap."""
    if SPECIAL.isdisjoint(form):
        return _literal_offsets(f" {form} ", text)
    expression = _compile(form)
    if expression is None:
        return iter(())
    return (match.start() for match in expression.finditer(text))


def _literal_offsets(form: str, text: str) -> Iterator[int]:
    """What the lookahead expression gives for a form without special characters, faster."""
    at = text.find(form)
    while at >= 0:
        yield at
        at = text.find(form, at + 1)


@lru_cache(maxsize=10_000)
def _compile(form: str) -> re.Pattern[str] | None:
    """The scorer's expression, or None if it is invalid: it then never matches.

    Read by the `re` of Python 3.11 and later, where `c++` is valid (before it was not).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "possible nested set" is no news here
        try:
            return re.compile(f"(?= {form} )")
        except (re.error, OverflowError, RecursionError):
            return None
