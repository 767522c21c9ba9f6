"""The columns of boards: the evaluator's metrics, in the order of their groups."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.metrics import METRICS, Group


@dataclass(frozen=True, slots=True)
class Column:
    """A metric's column on a board. (A template would call the metric's class.)"""

    metric: str  # the evaluator's name
    label: str
    decimals: int
    meaning: str
    group: str  # of Group; an earlier release's may be another
    higher_is_better: bool
    is_headline: bool  # stays where the page has room for a few only


COLUMNS = [
    Column(
        metric=metric.name,
        label=metric.label,
        decimals=metric.decimals,
        meaning=metric.meaning,
        group=metric.group,
        higher_is_better=metric.higher_is_better,
        is_headline=metric.is_headline,
    )
    for group in Group
    for metric in METRICS.values()
    if metric.group is group
]

BY_METRIC = {column.metric: column for column in COLUMNS}
