"""All metrics by name. A new metric is imported and listed here; its class says the rest."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

import evaluator.lean_imports  # noqa: F401  # before sacrebleu
from evaluator.metrics.base import Details, Group, Metric
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
from evaluator.metrics.wmt25 import Wmt25Consistency, Wmt25DocumentTermSuccess, Wmt25TermSuccess
from evaluator.metrics.wmt26 import (
    Wmt26Annotated,
    Wmt26AnnotatedLemma,
    Wmt26DocumentChrf,
    Wmt26Exclusive,
    Wmt26Glossary,
    Wmt26GlossaryLemma,
    Wmt26InflectedExact,
    Wmt26ParagraphChrf,
)
from evaluator.metrics.wording import STOPPED_COUNTS, STOPPED_MARK, STOPPED_NOTE, count_stopped

_ALL: tuple[type[Metric], ...] = (
    Bleu,
    Chrf,
    ChrfPlusPlus,
    ExactMatch,
    WindowOverlap2,
    WindowOverlap3,
    TermTer,
    TermSuccess,
    TermConsistency,
    TermWindowOverlap2,
    TermWindowOverlap3,
    WeightedTer,
    OverApplication,
    Wmt25TermSuccess,
    Wmt25DocumentTermSuccess,
    Wmt25Consistency,
    Wmt26Exclusive,
    Wmt26Annotated,
    Wmt26AnnotatedLemma,
    Wmt26Glossary,
    Wmt26GlossaryLemma,
    Wmt26InflectedExact,
    Wmt26ParagraphChrf,
    Wmt26DocumentChrf,
)

METRICS: Mapping[str, type[Metric]] = MappingProxyType({metric.name: metric for metric in _ALL})


def _names(group: Group) -> tuple[str, ...]:
    return tuple(metric.name for metric in _ALL if metric.group is group)


FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "wmt21": _names(Group.WMT21),
        "term": _names(Group.TERMS),
        "wmt25": _names(Group.WMT25),
        "wmt26": _names(Group.WMT26),
    }
)

OTHER_LIST = "@"  # in a score's name, before the list of terms that it counts: term-success@random

# A new board is ordered by the mean of ranks over those of these that its test set defines.
OFFICIAL_ORDER = (TermSuccess.name, ChrfPlusPlus.name)


def split_name(score: str) -> tuple[str, str]:
    """Return the metric of a score's name and its list: "" where that is the test set's own."""
    metric, _, name = score.partition(OTHER_LIST)
    return metric, name


def describe(score: str, details: Details) -> str:
    """Write the parts of a score in words, such as `required 120: surface 80, missed 40`.

    Empty if there are none, also for a metric of the past.
    """
    metric, _ = split_name(score)
    return METRICS[metric].describe(details) if details and metric in METRICS else ""


def read_definition(metric: type[Metric]) -> str | None:
    """Read a metric's definition, in HTML: words, and a formula in MathML; None without a file.

    Metrics of the same module share it. It stands beside the module, with the module's name.
    """
    package, _, module = metric.__module__.rpartition(".")
    file = resources.files(package).joinpath(f"{module}.html")
    return file.read_text(encoding="utf-8") if file.is_file() else None


__all__ = [
    "FAMILIES",
    "METRICS",
    "OFFICIAL_ORDER",
    "OTHER_LIST",
    "STOPPED_COUNTS",
    "STOPPED_MARK",
    "STOPPED_NOTE",
    "Details",
    "Group",
    "Metric",
    "count_stopped",
    "describe",
    "read_definition",
    "split_name",
]
