"""The official order: a metric, or the mean of ranks over several; docs/metrics.md 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.base import Metric
from evaluator.ranking import TOLERANCE, rank
from evaluator.significance.comparison import FEWEST_FOR_P, Comparison
from evaluator.significance.ranges import Range
from evaluator.significance.resampling import resample
from evaluator.types import Scores, Statistics

RESAMPLES_OF_ORDER = 1_000

ByMetric = Sequence[tuple[Metric, Mapping[int, Statistics]]]  # statistics [units, k] by entry


@dataclass(frozen=True, slots=True)
class Order:
    """Entries in the order of their mean ranks, best first."""

    entries: tuple[int, ...]
    mean_ranks: tuple[float, ...]
    places: tuple[Range, ...]  # first and last place that entries with the same mean rank share
    ranks: tuple[tuple[float, ...], ...]  # of each entry, its ranks in the single metrics
    ranges: tuple[Range, ...] = ()  # how stable a place is: no confidence interval
    lines: tuple[int, ...] = ()  # the places after which a line stands


def order_by_mean_rank(
    scores: Sequence[tuple[type[Metric] | Metric, Mapping[int, float]]],
) -> Order:
    """Order entries by the mean of their ranks in each metric, then by the first metric, then id.

    Takes for each metric a score by entry; entries that lack one of them are left out. Equal
    scores share the mean of their places.
    """
    complete = set(scores[0][1]).intersection(*(values for _, values in scores))
    ranks: dict[int, list[float]] = {entry: [] for entry in complete}
    for metric, values in scores:
        own = {entry: values[entry] for entry in complete}
        for ranked in rank(own, higher_is_better=metric.higher_is_better):
            ranks[ranked.entry_id].append(ranked.rank or 0)  # all have a score, and so a rank
    entries = sorted(ranks, key=lambda entry: (sum(ranks[entry]), ranks[entry][0], entry))
    means = [sum(ranks[entry]) / len(scores) for entry in entries]
    each = tuple(tuple(ranks[entry]) for entry in entries)
    return Order(tuple(entries), tuple(means), _pair(_place(np.array(means))), each)


def order_on_resamples(metrics: ByMetric, comparisons: Mapping[str, Comparison]) -> Order:
    """Order entries by mean rank, with ranges from 1,000 resamples, and with lines.

    Takes for each metric the statistics of each entry, all of the same units, and by the name of
    each metric its comparison: lines follow from the ranges in the single metrics. With fewer
    than 10 units there are neither ranges nor lines.
    """
    by_metric = [comparisons[metric.name] for metric, _ in metrics]
    order = order_by_mean_rank(
        [
            (metric, dict(zip(own.entries, own.scores, strict=True)))
            for (metric, _), own in zip(metrics, by_metric, strict=True)
        ]
    )
    units = min((len(own) for _, table in metrics for own in table.values()), default=0)
    if units < FEWEST_FOR_P or len(order.entries) < 2:
        return order
    tables = [
        (metric, np.stack([statistics[entry] for entry in order.entries]))
        for metric, statistics in metrics
    ]
    ranks = [
        _rank_resampled(metric, resampled)
        for (metric, _), resampled in zip(tables, resample(tables, RESAMPLES_OF_ORDER), strict=True)
    ]
    ranges = _find_ranges(sum(ranks[1:], ranks[0]) / len(ranks))
    own = [dict(zip(each.entries, each.ranges, strict=False)) for each in by_metric]
    return Order(
        order.entries,
        order.mean_ranks,
        order.places,
        order.ranks,
        ranges,
        _find_lines(order, own),
    )


def _rank_resampled(metric: Metric, resampled: Scores) -> Scores:
    """Return ranks of resampled scores, both [resamples, systems]; an undefined score is last."""
    values = -resampled if metric.higher_is_better else resampled
    values = np.nan_to_num(values, nan=np.inf, posinf=np.inf, neginf=-np.inf)
    ranks = np.empty_like(values)
    for number, row in enumerate(values):  # one at a time: [systems, systems] of each
        ranks[number] = np.mean(_place(row), axis=0)
    return ranks


def _place(values: Scores) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first and last places [systems] by values of which less is better."""
    order = np.sort(values)
    first = 1 + np.searchsorted(order, values - TOLERANCE, side="left")
    last = np.searchsorted(order, values + TOLERANCE, side="right")
    return first, last


def _pair(places: tuple[NDArray[np.intp], NDArray[np.intp]]) -> tuple[Range, ...]:
    return tuple(zip(places[0].tolist(), places[1].tolist(), strict=True))


def _find_ranges(mean_ranks: Scores) -> tuple[Range, ...]:
    """Return ranges of places of mean ranks [resamples, systems].

    A shared mean rank counts as its first place for the lower end, as its last for the upper end.
    """
    places = np.array([_place(row) for row in mean_ranks])  # [resamples, 2, systems]
    places.sort(axis=0)
    cut = len(places) // 40
    return _pair((places[cut, 0], places[len(places) - cut - 1, 1]))


def _find_lines(order: Order, by_metric: Sequence[Mapping[int, Range]]) -> tuple[int, ...]:
    """Return the places where each entry above stands apart from each entry below.

    In at least one metric the upper one's range ends before the lower one's begins, and in none
    the other way round.
    """
    if not all(by_metric):
        return ()
    begins = np.array([[own[entry][0] for entry in order.entries] for own in by_metric])
    ends = np.array([[own[entry][1] for entry in order.entries] for own in by_metric])
    is_before = ends[:, :, np.newaxis] < begins[:, np.newaxis, :]
    is_after = is_before.transpose(0, 2, 1)
    stands_apart = np.any(is_before, axis=0) & ~np.any(is_after, axis=0)
    return tuple(
        place for place in range(1, len(order.entries)) if np.all(stands_apart[:place, place:])
    )
