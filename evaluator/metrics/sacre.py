"""What metrics of sacrebleu share: its own signature and its own way from sum to score.

sacrebleu's documented functions give a corpus score only. What gives statistics per segment are
the methods that its significance tests use, so that they equal its scores to the last digit; the
version is pinned, and tests compare with `corpus_score`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from sacrebleu.metrics.base import Metric as SacrebleuMetric

from evaluator.metrics.base import Group, Metric, testset_part
from evaluator.types import Statistics, TestSet

EFFECTIVE_ORDER = "whether orders longer than the text are left out (chrF: yes, BLEU: no)"


class SacrebleuBased(Metric):
    """A metric computed by sacrebleu on the raw text."""

    group = Group.QUALITY
    signature_keys: ClassVar[Mapping[str, str]] = {
        **Metric.signature_keys,
        "version": "sacrebleu's",
    }

    @abstractmethod
    def backend(self, test_set: TestSet | None) -> SacrebleuMetric:
        """Make sacrebleu's object; without a test set it only aggregates."""

    def aggregate(self, total: Statistics) -> float | None:
        """Return sacrebleu's own score, in [0, 100] for BLEU and chrF but for rounding (1e-14)."""
        return float(self.backend(None)._compute_score_from_stats(total.tolist()).score)

    def signature(self, test_set: TestSet) -> str:
        """sacrebleu's signature, then unit and test set."""
        backend = self.backend(test_set)
        backend.num_refs = len(test_set.segments[0].references)
        return f"{backend.get_signature()}|{testset_part(test_set)}"


def list_references(test_set: TestSet) -> list[tuple[str, ...]]:
    """Return the references as sacrebleu takes them: per reference a text for each segment."""
    return list(zip(*(segment.references for segment in test_set.segments), strict=True))
