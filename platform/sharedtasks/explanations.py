"""What the metrics page says of each metric, as the evaluator's metrics say it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from evaluator.metrics import METRICS, Group, Metric, read_definition


@dataclass(frozen=True, slots=True)
class Explanation:
    """A definition; metrics of the same module share theirs."""

    metrics: tuple[str, ...]  # the evaluator's names
    title: str
    definition: SafeString  # in words and as a formula
    range: str
    higher_is_better: bool
    absent: str  # when the score is absent


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that share their principles, which a template of this slug explains."""

    slug: str
    title: str
    explanations: tuple[Explanation, ...]


def _build_family(slug: str, title: str, group: Group) -> Family:
    metrics = [metric for metric in METRICS.values() if metric.group is group]
    modules = groupby(metrics, key=lambda metric: metric.__module__)
    return Family(slug, title, tuple(_explain(list(alike)) for _, alike in modules))


def _explain(metrics: list[type[Metric]]) -> Explanation:
    first = metrics[0]
    definition = read_definition(first)
    meaning = format_html("<p>{}</p>", first.meaning)
    return Explanation(
        metrics=tuple(metric.name for metric in metrics),
        title=", ".join(metric.label for metric in metrics),
        definition=mark_safe(definition) if definition else meaning,
        range=first.range,
        higher_is_better=first.higher_is_better,
        absent=first.absent,
    )


FAMILIES = (
    _build_family("term", "Terms", Group.TERMS),
    _build_family("quality", "Translation quality", Group.QUALITY),
    _build_family("wmt21", "As in WMT 2021", Group.WMT21),
    _build_family("wmt25", "As in WMT 2025", Group.WMT25),
    _build_family("wmt26", "As in WMT 2026", Group.WMT26),
)

# The keys of signatures, which are `key:value` joined by `|`.
SIGNATURE_KEYS = {
    key: meaning for metric in METRICS.values() for key, meaning in metric.signature_keys.items()
}
