"""Exact match: which terms occur in the hypothesis, surface first, then among lemmas."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.expressions import find_offsets
from evaluator.metrics.wmt21.terms import accepted_forms, padded
from evaluator.metrics.wording import write_number
from evaluator.types import Hypotheses, Scores, Segment, Statistics, TermAnnotation, TestSet


class ExactMatch(Wmt21Metric):
    """Share of the terms that occur, in [0, 1], higher is better; absent without terms."""

    name = "wmt21-exact-match"
    label = "Exact match"
    meaning = (
        "Share of the required terms whose translation occurs in the hypotheses, as in WMT 2021."
    )
    dtype: ClassVar[type[np.generic]] = np.int64

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 3], as `row` does."""
        pairs = zip(test_set.segments, hypotheses.texts, strict=True)
        return np.array([self.row(segment, text) for segment, text in pairs], dtype=self.dtype)

    def row(self, segment: Segment, hypothesis: str) -> tuple[int, int, int]:
        """Return the numbers of terms on the surface, missed, and among lemmas only."""
        terms = segment.reference_terms[0]
        tokens = tuple(hypothesis.split())
        if not tokens:  # else the padded text, two spaces, would match an empty variant
            return 0, len(terms), 0
        surface = padded(tokens)
        lemmas = ""
        used: set[int] = set()
        surface_hits = lemma_hits = 0
        for term in terms:
            if _claim(term, surface, used):
                surface_hits += 1
            elif self.lemmatiser:
                lemmas = lemmas or padded(self.lemmas(tokens))
                # Offsets in the lemmatised text are compared with the surface's as they are.
                lemma_hits += _claim(term, lemmas, used)
        return surface_hits, len(terms) - surface_hits - lemma_hits, lemma_hits

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return (on the surface + by lemma) / terms; NaN without terms."""
        surface, missed, lemma = np.moveaxis(totals, -1, 0)
        return divide(surface + lemma, surface + missed + lemma)

    def details(self, total: Statistics) -> Details:
        """Return the three counts."""
        surface, missed, lemma = (int(count) for count in total)
        return {"found": surface, "wrong": missed, "found_by_lemma": lemma}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the three counts."""
        number = partial(write_number, details)
        return (
            f"found {number('found')}, by lemma {number('found_by_lemma')}, "
            f"missed {number('wrong')}"
        )


def _claim(term: TermAnnotation, text: str, used: set[int]) -> bool:
    """Take the first free offset of *each* form: a term can use up several."""
    is_present = False
    for form in accepted_forms(term):
        offset = next((at for at in find_offsets(form, text) if at not in used), None)
        if offset is not None:
            used.add(offset)
            is_present = True
    return is_present
