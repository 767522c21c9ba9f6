"""All metrics by name. A new metric is imported and listed here; its class says the rest."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

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
)

METRICS: Mapping[str, type[Metric]] = MappingProxyType({metric.name: metric for metric in _ALL})


def _names(group: Group) -> tuple[str, ...]:
    return tuple(metric.name for metric in _ALL if metric.group is group)


FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"wmt21": _names(Group.WMT21), "term": _names(Group.TERMS)}
)

# A board ranks by the first of these that its test set defines, unless an organiser chooses.
RANKING = (TermSuccess.name, Chrf.name)


def describe(metric: str, details: Details) -> str:
    """Write the parts of a score in words, such as `required 120: surface 80, missed 40`.

    Empty if there are none, also for a metric of the past.
    """
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
    "RANKING",
    "Details",
    "Group",
    "Metric",
    "describe",
    "read_definition",
]
