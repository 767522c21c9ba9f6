"""TERm: translation edit rate in which words of terms count twice, shown as 1 - TERm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluator.metrics import kernels
from evaluator.metrics.base import Details, divide
from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.shifts import (
    Edits,
    cells_allowed,
    entry_cells_allowed,
    find_edits,
)
from evaluator.metrics.wmt21.terms import Tokens, is_lemma, is_original, positions
from evaluator.metrics.wording import write_stopped
from evaluator.types import Hypotheses, Scores, Segment, Statistics, TestSet


class TermTer(Wmt21Metric):
    """1 - mean TERm over segments, at most 1, can be negative, higher is better."""

    name = "wmt21-1-term"
    label = "1 − TERm"
    meaning = "One minus the edit rate in which a wrong term counts twice, as in WMT 2021."
    range = "at most 1; can be negative"
    kernel = "evaluator.metrics.wmt21.shift_kernel"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return float64 [segments, 3]: TERm, 1, and 1 where a search for shifts was stopped."""
        lengths = (len(segment.references[0].split()) for segment in test_set.segments)
        left = entry_cells_allowed(lengths)
        compiled = kernels.load(self.kernel, len(test_set.segments))
        search = compiled.find_edits if compiled else find_edits
        rows = []
        for segment, text in zip(test_set.segments, hypotheses.texts, strict=True):
            value, is_complete, cells = self._term_of(segment, text, left, search)
            left = max(left - cells, 0)
            rows.append((value, 1.0, float(not is_complete)))
        return np.array(rows, dtype=self.dtype)

    def row(self, segment: Segment, hypothesis: str) -> tuple[float, ...]:
        """Return a row of `statistics`, as if the segment were alone."""
        allowed = entry_cells_allowed([len(segment.references[0].split())])
        value, is_complete, _ = self._term_of(segment, hypothesis, allowed, find_edits)
        return value, 1.0, float(not is_complete)

    def _term_of(
        self, segment: Segment, hypothesis: str, cells: int, search: Callable[..., Edits]
    ) -> tuple[float, bool, int]:
        """TERm, whether the search was complete, and the cells that it cost.

        With `tgt_lemma` terms TERm is the mean of surface and lemmas, both with surface positions.
        """
        tokens, reference = tuple(hypothesis.split()), tuple(segment.references[0].split())
        terms = segment.reference_terms[0]
        original, lemma = (
            frozenset(at for term in terms if wanted(term) for at in positions(term, reference))
            for wanted in (is_original, is_lemma)
        )
        if not tokens:
            return 1.0, True, 0

        def find(tokens: Tokens, reference: Tokens, weighted: frozenset[int], left: int) -> Edits:
            allowed = min(cells_allowed(len(reference)), max(left, 0))
            return search(tokens, reference, weighted, max_cells=allowed)

        edits = find(tokens, reference, original, cells)
        value = (edits.shifts + edits.distance) / len(reference)
        if not (lemma and self.lemmatiser):
            return value, edits.is_complete, edits.cells
        other = find(self.lemmas(tokens), self.lemmas(reference), lemma, cells - edits.cells)
        value = (value + (other.shifts + other.distance) / len(reference)) / 2
        return value, edits.is_complete and other.is_complete, edits.cells + other.cells

    def aggregate_many(self, totals: Statistics) -> Scores:
        """1 - sum of TERm / segments."""
        return 1 - divide(totals[..., 0], totals[..., 1])

    def details(self, total: Statistics) -> Details:
        """Segments whose search for shifts was stopped: 0 unless a hypothesis repeats itself."""
        return {"stopped_searches": int(total[2])}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write them only if there are any."""
        return write_stopped(details)
