"""chrF2 and chrF++ (Popović, 2015, 2017) by sacrebleu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sacrebleu.metrics.chrf import CHRF

from evaluator.metrics.sacre import EFFECTIVE_ORDER, SacrebleuBased
from evaluator.types import TestSet


class Chrf(SacrebleuBased):
    """chrF2: characters up to order 6, effective order; [0, 100], higher is better."""

    name = "chrf"
    label = "chrF2"
    meaning = "Agreement of letter sequences with the reference, by sacrebleu."
    is_headline = True
    signature_keys: ClassVar[Mapping[str, str]] = {
        **SacrebleuBased.signature_keys,
        "eff": EFFECTIVE_ORDER,
        "nc": "the longest sequence of characters of chrF",
        "nw": "the longest sequence of words of chrF",
        "space": "whether chrF counts spaces",
    }
    word_order: ClassVar[int] = 0

    def backend(self, test_set: TestSet | None) -> CHRF:
        """The same for every language: characters need no tokeniser."""
        return CHRF(word_order=self.word_order)


class ChrfPlusPlus(Chrf):
    """chrF++: chrF2 with words up to order 2."""

    name = "chrf++"
    label = "chrF++"
    meaning = "chrF2 with word sequences of length one and two, by sacrebleu."
    is_headline = False
    word_order = 2
