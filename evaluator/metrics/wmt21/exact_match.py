"""Exact match: which terms occur in the hypothesis, surface first, then among lemmas."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from evaluator.metrics.base import Details
from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.expressions import find_offsets
from evaluator.metrics.wmt21.terms import accepted_forms, padded
from evaluator.metrics.wording import write_number
from evaluator.types import Segment, Statistics, TermAnnotation


class ExactMatch(Wmt21Metric):
    """Share of the terms found, in [0, 1], higher is better; absent without terms."""

    name = "wmt21-exact-match"
    label = "Exact match"
    meaning = (
        "Share of the required terms whose translation occurs in the hypotheses, as in WMT 2021."
    )
    dtype: ClassVar[type[np.generic]] = np.int64

    def row(self, segment: Segment, hypothesis: str) -> tuple[float, ...]:
        """Terms found, not found, found by lemma only."""
        terms = segment.reference_terms[0]
        tokens = tuple(hypothesis.split())
        if not tokens:  # else the padded text, two spaces, would match an empty variant
            return 0, len(terms), 0
        surface = padded(tokens)
        lemmas = padded(self.lemmas(tokens)) if self.lemmatiser else None
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

    def details(self, total: Statistics) -> Details:
        """The three counts."""
        found, wrong, found_by_lemma = (int(count) for count in total)
        return {"found": found, "wrong": wrong, "found_by_lemma": found_by_lemma}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the three counts."""
        number = partial(write_number, details)
        return (
            f"found {number('found')}, by lemma {number('found_by_lemma')}, "
            f"missed {number('wrong')}"
        )


def _claim(term: TermAnnotation, text: str, used: set[int]) -> bool:
    """Take the first free offset of *each* form: one term can use up several."""
    is_found = False
    for form in accepted_forms(term):
        offset = next((at for at in find_offsets(form, text) if at not in used), None)
        if offset is not None:
            used.add(offset)
            is_found = True
    return is_found
