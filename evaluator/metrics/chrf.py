"""chrF2 and chrF++ (Popović, 2015, 2017) by sacrebleu."""

from __future__ import annotations

from typing import ClassVar

from sacrebleu.metrics.chrf import CHRF

from evaluator.metrics.sacre import SacrebleuBased
from evaluator.types import TestSet


class Chrf(SacrebleuBased):
    """chrF2: characters up to order 6, effective order; [0, 100], higher is better."""

    name = "chrf"
    word_order: ClassVar[int] = 0

    def backend(self, test_set: TestSet | None) -> CHRF:
        """The same for every language: characters need no tokeniser."""
        return CHRF(word_order=self.word_order)


class ChrfPlusPlus(Chrf):
    """chrF++: chrF2 with words up to order 2."""

    name = "chrf++"
    word_order = 2
