"""All metrics by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from evaluator.metrics.base import Metric
from evaluator.metrics.bleu import Bleu
from evaluator.metrics.chrf import Chrf, ChrfPlusPlus
from evaluator.metrics.term import (
    OverApplication,
    TermConsistency,
    TermSuccess,
    TermWindowOverlap2,
    TermWindowOverlap3,
    WeightedTer,
)
from evaluator.metrics.wmt21 import ExactMatch, TermTer, WindowOverlap2, WindowOverlap3
from evaluator.normalise import Lemmatiser

# Each makes the metric for a lemmatiser; those that look at characters only ignore it, and so does
# the family `term`, whose definition names each language's.
METRICS: Mapping[str, Callable[[Lemmatiser | None], Metric]] = MappingProxyType(
    {
        Bleu.name: lambda _: Bleu(),
        Chrf.name: lambda _: Chrf(),
        ChrfPlusPlus.name: lambda _: ChrfPlusPlus(),
        ExactMatch.name: ExactMatch,
        WindowOverlap2.name: WindowOverlap2,
        WindowOverlap3.name: WindowOverlap3,
        TermTer.name: TermTer,
        TermSuccess.name: lambda _: TermSuccess(),
        TermConsistency.name: lambda _: TermConsistency(),
        TermWindowOverlap2.name: lambda _: TermWindowOverlap2(),
        TermWindowOverlap3.name: lambda _: TermWindowOverlap3(),
        WeightedTer.name: lambda _: WeightedTer(),
        OverApplication.name: lambda _: OverApplication(),
    }
)

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "wmt21": tuple(name for name in METRICS if name.startswith("wmt21-")),
        "term": (
            TermSuccess.name,
            TermConsistency.name,
            TermWindowOverlap2.name,
            TermWindowOverlap3.name,
            WeightedTer.name,
            OverApplication.name,
        ),
    }
)

__all__ = ["FAMILIES", "METRICS", "Metric"]
