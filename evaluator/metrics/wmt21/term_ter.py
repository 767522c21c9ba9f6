"""TERm: translation edit rate in which words of terms count twice, shown as 1 - TERm."""

from __future__ import annotations

from collections.abc import Mapping

from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.shifts import find_edits
from evaluator.metrics.wmt21.terms import Tokens, is_lemma, is_original, positions
from evaluator.types import Segment, Statistics


class TermTer(Wmt21Metric):
    """1 - mean TERm over segments, at most 1, can be negative, higher is better."""

    name = "wmt21-1-term"

    def row(self, segment: Segment, hypothesis: str) -> tuple[float, ...]:
        """TERm, 1 for the segment itself, and 1 if a search for shifts was stopped.

        With `tgt_lemma` terms TERm is the mean of surface and lemmas, both with surface positions.
        """
        tokens, reference = tuple(hypothesis.split()), tuple(segment.references[0].split())
        terms = segment.reference_terms[0]
        original, lemma = (
            frozenset(at for term in terms if wanted(term) for at in positions(term, reference))
            for wanted in (is_original, is_lemma)
        )
        value, is_complete = _term(tokens, reference, original)
        if lemma and self.lemmatiser:
            other, other_complete = _term(self.lemmas(tokens), self.lemmas(reference), lemma)
            value, is_complete = (value + other) / 2, is_complete and other_complete
        return value, 1.0, float(not is_complete)

    def aggregate(self, total: Statistics) -> float | None:
        """1 - sum of TERm / segments."""
        term, segments, _ = total.tolist()
        return 1 - term / segments if segments else None

    def details(self, total: Statistics) -> Mapping[str, int | float | str]:
        """Segments whose search for shifts was stopped: 0 unless a hypothesis repeats itself."""
        return {"stopped_searches": int(total[2])}


def _term(hypothesis: Tokens, reference: Tokens, weighted: frozenset[int]) -> tuple[float, bool]:
    """(shifts + distance) / reference length, and whether the search was complete."""
    if not hypothesis:
        return 1.0, True
    edits = find_edits(hypothesis, reference, weighted)
    return (edits.shifts + edits.distance) / len(reference), edits.is_complete
