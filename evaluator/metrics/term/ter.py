"""Term TER: translation edit rate in which the tokens of required terms count twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import ClassVar, NamedTuple

import numpy as np

from evaluator.metrics import kernels
from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_per_test_set
from evaluator.metrics.term import compiled_edits
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.edits import Edits, Pair, find_all
from evaluator.metrics.term.renderings import rendered, term_view
from evaluator.metrics.wording import write_stopped
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

TERM_WEIGHT = 2  # what substituting or omitting a term's token costs; all else costs 1


class WeightedReference(NamedTuple):
    """A reference's folded tokens, and what each weighs."""

    tokens: tuple[str, ...]
    weights: tuple[int, ...]


class WeightedTer(TermMetric):
    """100 · (1 - edits / reference length): at most 100, can be negative, higher is better.

    The edits are sacrebleu's TER on the family's tokens, with weights. docs/metrics.md 4, after
    the WMT21 task's TERm and Snover et al. (2006).
    """

    name = "term-1-ter"
    label = "Term TER"
    meaning = "100 minus the edit rate in which a wrong or missing word of a term counts twice."
    range = "at most 100; can be negative"
    kernel = "evaluator.metrics.term.edit_kernel"
    signature_keys: ClassVar[Mapping[str, str]] = {
        **TermMetric.signature_keys,
        "weight": "what a wrong or missing word of a term costs",
        "ter": "whose search for shifts it is",
    }

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return float64 [segments, 3]: edits, reference length, 1 if a search was stopped.

        The fewest edits over the references, and the mean of their lengths.
        """
        weighted = _weigh_references(test_set)
        pairs = [
            Pair(segment.text.folded_tokens, *reference)
            for segment, row in zip(rendered(test_set, hypotheses), weighted, strict=True)
            for reference in row
        ]
        edits = iter(self._find_edits(test_set, pairs))
        rows = []
        for references in weighted:
            own = list(islice(edits, len(references)))
            length = sum(len(other.tokens) for other in references) / len(references)
            is_stopped = not all(each.is_complete for each in own)
            rows.append((min(each.total for each in own), length, is_stopped))
        return np.array(rows, dtype=np.float64).reshape(-1, 3)

    def _find_edits(self, test_set: TestSet, pairs: Sequence[Pair]) -> Sequence[Edits]:
        kernel = kernels.load(self.kernel, len(test_set.segments))
        if kernel is None:
            return find_all(pairs)
        return compiled_edits.find_all(kernel, pairs, _index_references(test_set))

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return 100 · (1 - sum of edits / sum of lengths); NaN if references have no token."""
        return 100 * (1 - divide(totals[..., 0], totals[..., 1]))

    def details(self, total: Statistics) -> Details:
        """Return the segments whose search for shifts was stopped: 0 for usual hypotheses."""
        return {"stopped_searches": int(total[2])}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write them only if there are any."""
        return write_stopped(details)

    def signature(self, test_set: TestSet) -> str:
        """The family's, after what a term weighs and whose shifts and beam these are."""
        return f"weight:{TERM_WEIGHT}|ter:sacrebleu-2.6|{super().signature(test_set)}"


@keep_per_test_set
def _weigh_references(test_set: TestSet) -> tuple[tuple[WeightedReference, ...], ...]:
    """Make tokens weigh more that touch a span which could render a required term, in any tier.

    In all such spans, not only in as many as are required or as term success would choose: where
    a reference repeats a term, the hypothesis has to as well. Once for a test set.
    """
    view = term_view(test_set)
    rows = []
    for requirements, texts in zip(view.requirements, view.references, strict=True):
        row = []
        for text in texts:
            weights = [1] * len(text.token_starts)
            for span in requirements.candidates(text):
                weights[span.first : span.last] = [TERM_WEIGHT] * (span.last - span.first)
            row.append(WeightedReference(text.folded_tokens, tuple(weights)))
        rows.append(tuple(row))
    return tuple(rows)


@keep_per_test_set
def _index_references(test_set: TestSet) -> compiled_edits.References:
    """Put all references into arrays, once for a test set."""
    return compiled_edits.index_references(tuple(chain(*_weigh_references(test_set))))
