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

# For people who choose among them.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        Bleu.name: "n-grams shared with the references, by sacrebleu (0 to 100)",
        Chrf.name: "character n-grams shared with the references, by sacrebleu (0 to 100)",
        ChrfPlusPlus.name: "the same with pairs of words (0 to 100)",
        ExactMatch.name: "share of annotated terms that occur in the output (0 to 1)",
        WindowOverlap2.name: "two words on each side of rendered terms (0 to 1)",
        WindowOverlap3.name: "three words on each side of rendered terms (0 to 1)",
        TermTer.name: "1 - edit rate in which words of terms count twice (at most 1)",
        TermSuccess.name: "share of required terms that are rendered (0 to 100)",
        TermConsistency.name: "share of repeated terms rendered by the same variant (0 to 100)",
        TermWindowOverlap2.name: "two words on each side of required terms (0 to 100)",
        TermWindowOverlap3.name: "three words on each side of required terms (0 to 100)",
        WeightedTer.name: "100 - edit rate in which words of terms count twice (at most 100)",
        OverApplication.name: "segments with the target of a term that is not in their source "
        "(0 to 100, lower is better)",
    }
)

__all__ = ["FAMILIES", "MEANINGS", "METRICS", "Metric"]
