"""All metrics by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from evaluator.metrics.base import Metric
from evaluator.metrics.bleu import Bleu
from evaluator.metrics.chrf import Chrf, ChrfPlusPlus
from evaluator.metrics.wmt21 import ExactMatch, TermTer, WindowOverlap2, WindowOverlap3
from evaluator.normalise import Lemmatiser

# Each makes the metric for a lemmatiser; those that look at characters only ignore it.
METRICS: Mapping[str, Callable[[Lemmatiser | None], Metric]] = MappingProxyType(
    {
        Bleu.name: lambda _: Bleu(),
        Chrf.name: lambda _: Chrf(),
        ChrfPlusPlus.name: lambda _: ChrfPlusPlus(),
        ExactMatch.name: ExactMatch,
        WindowOverlap2.name: WindowOverlap2,
        WindowOverlap3.name: WindowOverlap3,
        TermTer.name: TermTer,
    }
)

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"wmt21": tuple(name for name in METRICS if name.startswith("wmt21-"))}
)

__all__ = ["FAMILIES", "METRICS", "Metric"]
