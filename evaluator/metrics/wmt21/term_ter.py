"""TERm: translation edit rate in which words of terms count twice, shown as 1 - TERm."""

from __future__ import annotations

from itertools import islice

import numpy as np

from evaluator.metrics import kernels
from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_per_test_set
from evaluator.metrics.wmt21 import compiled_shifts
from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.shifts import Pair, entry_cells_allowed, find_all
from evaluator.metrics.wmt21.terms import Tokens, is_lemma, is_original, positions
from evaluator.metrics.wording import write_stopped
from evaluator.normalise import Lemmatiser
from evaluator.types import Hypotheses, Scores, Statistics, TestSet


class TermTer(Wmt21Metric):
    """1 - mean TERm over segments, at most 1, can be negative, higher is better."""

    name = "wmt21-1-term"
    label = "1 − TERm"
    meaning = "One minus the edit rate in which a wrong term counts twice, as in WMT 2021."
    range = "at most 1; can be negative"
    kernel = "evaluator.metrics.wmt21.shift_kernel"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return float64 [segments, 3]: TERm, 1, and 1 where a search for shifts was stopped.

        With `tgt_lemma` terms TERm is the mean of surface and lemmas, both with surface positions.
        """
        references = _read_references(test_set, self.lemmatiser)
        texts = [tuple(text.split()) for text in hypotheses.texts]
        pairs = [
            Pair(self.lemmas(tokens) if number else tokens, *search)
            for searches, tokens in zip(references, texts, strict=True)
            for number, search in enumerate(searches if tokens else ())
        ]
        left = entry_cells_allowed(len(searches[0][0]) for searches in references)
        kernel = kernels.load(self.kernel, len(references))
        edits = compiled_shifts.find_all(kernel, pairs, left) if kernel else find_all(pairs, left)
        following = iter(zip(pairs, edits, strict=True))
        rows = []
        for searches, tokens in zip(references, texts, strict=True):
            if not tokens:
                rows.append((1.0, 1.0, 0.0))
                continue
            own = list(islice(following, len(searches)))
            terms = [(edits.shifts + edits.distance) / len(pair.reference) for pair, edits in own]
            is_stopped = not all(edits.is_complete for _, edits in own)
            rows.append(((terms[0] + terms[-1]) / 2, 1.0, float(is_stopped)))
        return np.array(rows, dtype=self.dtype)

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


@keep_per_test_set
def _read_references(
    test_set: TestSet, lemmatiser: Lemmatiser | None
) -> tuple[tuple[tuple[Tokens, frozenset[int]], ...], ...]:
    """Return what each segment is compared with: words and which of them weigh more.

    First the reference, then its lemmas if there are terms that are looked up in these.
    """
    rows = []
    for segment in test_set.segments:
        reference = tuple(segment.references[0].split())
        terms = segment.reference_terms[0]
        original, lemma = (
            frozenset(at for term in terms if wanted(term) for at in positions(term, reference))
            for wanted in (is_original, is_lemma)
        )
        row = [(reference, original)]
        if lemma and lemmatiser:
            row.append((tuple(map(lemmatiser.lemmatise, reference)), lemma))
        rows.append(tuple(row))
    return tuple(rows)
