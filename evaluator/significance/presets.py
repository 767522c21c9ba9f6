"""Clusters as findings papers count them; by name, so that a paper can say which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import InfrastructureError
from evaluator.metrics.base import Metric
from evaluator.significance.ranges import ALPHA, Range, find_lines
from evaluator.types import Scores, Statistics

AUTORANK = "autorank"

Wins = NDArray[np.bool_]  # [systems, systems]: whether the row's system beats the column's


class Preset(StrEnum):
    """Names of the signature."""

    WMT25 = "wmt25-clusters"
    WMT26 = "wmt26-clusters"


@dataclass(frozen=True, slots=True)
class Clusters:
    """Systems in order of the mean of their scores per unit, best first.

    That order can differ from the order by the metric itself.
    """

    preset: Preset
    entries: tuple[int, ...]
    means: tuple[float, ...]  # of the scores per unit, negated where less is better
    ranges: tuple[Range, ...]  # () by wmt26-clusters
    lines: tuple[int, ...]  # the places after which a line stands


def cluster(preset: Preset, metric: Metric, statistics: Mapping[int, Statistics]) -> Clusters:
    """Cluster systems by the scores of their single units.

    Takes the statistics [units, k] of each entry. A unit in which the metric is undefined for
    any system is left out.

    Raises InfrastructureError if SciPy isn't installed.
    """
    entries = sorted(statistics)
    scores = np.stack([metric.aggregate_many(statistics[entry]) for entry in entries])
    scores = scores[:, ~np.isnan(scores).any(axis=0)]
    scores = scores if metric.higher_is_better else -scores
    means = scores.mean(axis=1) if scores.size else np.zeros(len(entries))
    order = np.argsort(-means, kind="stable")
    wins = _find_wins(preset, scores[order])
    if preset is Preset.WMT25:
        ranges = tuple(_find_range(wins, place) for place in range(len(order)))
        lines = tuple(find_lines(ranges))
    else:
        ranges = ()
        lines = tuple(p for p in range(1, len(order)) if wins[:p, p:].all())
    return Clusters(
        preset,
        tuple(entries[system] for system in order),
        tuple(means[order].tolist()),
        ranges,
        lines,
    )


def _find_wins(preset: Preset, scores: Scores) -> Wins:
    """Return which system beats which, of scores [systems, units]."""
    try:
        from scipy import stats  # 0.4 s, and only presets need it
    except ImportError as error:
        raise InfrastructureError(
            f"{preset} needs SciPy, which is not installed. Install it: pip install scipy"
        ) from error

    def beats(own: Scores, other: Scores) -> bool:
        if preset is Preset.WMT25:
            if np.array_equal(own, other):
                return False
            return bool(stats.wilcoxon(own - other, alternative="greater").pvalue < ALPHA)
        if own.mean() <= other.mean() or len(own) < 2:
            return False
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = stats.ttest_rel(own, other).pvalue, stats.ttest_ind(own, other).pvalue
        return bool(min(p_values) < ALPHA)

    return np.array([[a is not b and beats(a, b) for b in scores] for a in scores], dtype=bool)


def _find_range(wins: Wins, place: int) -> Range:
    """Return places (from 1) up to the first neighbour that wins, down to the first that loses."""
    first = last = place
    while first > 0 and not wins[first - 1, place]:
        first -= 1
    while last + 1 < len(wins) and not wins[place, last + 1]:
        last += 1
    return first + 1, last + 1


def autorank(scores: Sequence[tuple[Metric, Mapping[int, float]]]) -> Mapping[int, float]:
    """Return a score for each entry that has all scores: 1 is best, N the worst.

    As WMT 2025 ranked automatically: by the mean over metrics of the distance from the median, in
    units of the distance from the best system to the 25th percentile. It is shown with one
    decimal and is no rank.
    """
    entries = sorted(set(scores[0][1]).intersection(*(values for _, values in scores)))
    if not entries:
        return {}
    scaled = []
    for metric, values in scores:
        own = np.array([values[entry] for entry in entries])
        own = own if metric.higher_is_better else -own
        spread = max(1e-9, own.max() - np.percentile(own, 25))
        scaled.append((own - np.median(own)) / spread)
    means = np.mean(scaled, axis=0)
    width = means.max() - means.min() or 1.0  # of equal systems all are best
    ranks = 1 + (len(entries) - 1) * (means.max() - means) / width
    return dict(zip(entries, ranks.tolist(), strict=True))
