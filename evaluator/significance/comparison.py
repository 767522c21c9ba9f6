"""All pairs of systems by a metric: p-values, intervals, ranges and lines; docs/metrics.md 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.base import Metric, total
from evaluator.ranking import TOLERANCE
from evaluator.significance.ranges import ALPHA, Correction, Range, correct, find_lines, find_ranges
from evaluator.significance.resampling import SEED, flip, resample
from evaluator.types import Scores, Statistics

RESAMPLES = 10_000
SACREBLEU_RESAMPLES = 1_000
FEWEST_FOR_BOOTSTRAP = 200  # units; below, the bootstrap calls too many equal pairs different
FEWEST_FOR_P = 10
FEWEST_FOR_INTERVAL = 20
WHOLE = "the whole test set is a single unit"  # of metrics that are not sums over segments
KEPT_SHARE = 0.9  # of the resamples, in which a pair has to be defined
MOST_SYSTEMS_STRICT = 100  # 40 resamples for each of their pairs

Counts = NDArray[np.int64]


class Test(StrEnum):
    """How a pair is tested; names of the signature."""

    __test__ = False  # for pytest

    BOOTSTRAP = "bootstrap"
    FLIPS = "flips"  # paired sign flips
    SACREBLEU = "sacrebleu"  # as its `--paired-bs` counts, for comparison only


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems compared by a metric. All fields but `pairs` are in order of score, best first."""

    metric: str
    entries: tuple[int, ...]  # equal scores by entry id
    scores: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]  # 95 % of the resampled scores
    p_values: Scores  # [systems, systems], uncorrected; NaN: no p-value, and on the diagonal
    ranges: tuple[Range, ...]  # () without a test
    lines: tuple[int, ...]  # the places after which a line stands
    signature: str  # empty without a test
    too_few: str = ""  # why there is no test, in words
    pairs: PairCounts | None = None

    def p_value(self, first: int, second: int) -> float | None:
        """Return the uncorrected p-value of two entries; None if there is none."""
        places = {entry: place for place, entry in enumerate(self.entries)}
        value = float(self.p_values[places[first], places[second]])
        return None if np.isnan(value) else value


@dataclass(frozen=True, slots=True)
class PairCounts:
    """What the p-values of all pairs are counted from; systems in the order given."""

    extreme: Counts  # [systems, systems]: resamples at least as far from zero as what is observed
    kept: Counts  # [systems, systems]: resamples in which both systems have a score
    resamples: int

    def p_values(self) -> Scores:
        """Return (extreme + 1) / (kept + 1), [systems, systems]; NaN where too few are kept."""
        p_values = (self.extreme + 1) / (self.kept + 1)
        p_values[self.kept < KEPT_SHARE * self.resamples] = np.nan
        np.fill_diagonal(p_values, np.nan)
        return p_values


def compare(
    metrics: Sequence[tuple[Metric, Mapping[int, Statistics]]],
    *,
    unit: str,
    correction: Correction = Correction.OWN,
    test: Test | None = None,
    resamples: int | None = None,
) -> tuple[Comparison, ...]:
    """Compare systems by several metrics, on the same resamples.

    Takes for each metric the statistics [units, k] of each entry, all of the same units; `unit`
    names them in the signature and in words. Entries whose score is undefined are left out. The
    test and the number of resamples are chosen by the numbers of units and systems unless given.

    Raises ValueError for statistics of different units, and for `strict` with more than 100
    systems.
    """
    tables = [_Table(metric, statistics) for metric, statistics in metrics]
    if not tables or len({table.units for table in tables if table.entries}) > 1:
        raise ValueError("compare metrics that have the same units")
    systems = max(len(table.entries) for table in tables)
    units = max(table.units for table in tables)
    resamples = resamples or choose_resamples(systems, correction, test)
    test = test or choose_test(units)
    scored = [table for table in tables if table.entries]
    resampled: dict[int, Scores] = {}
    if scored and units >= FEWEST_FOR_P:
        given = [(table.metric, table.statistics) for table in scored]
        results = resample(given, resamples)
        resampled = {id(table): own for table, own in zip(scored, results, strict=True)}
    return tuple(
        _compare(table, resampled.get(id(table)), unit, test, correction, resamples)
        for table in tables
    )


def choose_test(units: int) -> Test | None:
    """Return the test for so many units; None where there are too few for any."""
    if units < FEWEST_FOR_P:
        return None
    return Test.BOOTSTRAP if units >= FEWEST_FOR_BOOTSTRAP else Test.FLIPS


def choose_resamples(systems: int, correction: Correction, test: Test | None = None) -> int:
    """Return how many resamples so many systems need, for a p-value can't be below 1 / (B + 1)."""
    if test is Test.SACREBLEU:
        return SACREBLEU_RESAMPLES
    if correction is not Correction.STRICT:
        return max(RESAMPLES, 20 * (systems - 1))
    if systems > MOST_SYSTEMS_STRICT:
        raise ValueError(f"at most {MOST_SYSTEMS_STRICT} systems by the correction {correction}")
    return max(RESAMPLES, 40 * (systems * (systems - 1) // 2))


class _Table:
    """A metric's statistics of the entries that have a score, by entry id."""

    def __init__(self, metric: Metric, statistics: Mapping[int, Statistics]) -> None:
        self.metric = metric
        values = {entry: metric.aggregate(total(statistics[entry])) for entry in sorted(statistics)}
        defined = {entry: value for entry, value in values.items() if value is not None}
        self.entries = tuple(defined)
        self.scores = np.array(list(defined.values()))
        rows = [statistics[entry] for entry in defined]
        if len({len(own) for own in rows}) > 1:
            raise ValueError("compare systems on the same test set")
        self.statistics: Statistics = np.stack(rows) if rows else np.zeros((0, 0, 0))
        self.units = self.statistics.shape[1]

    def order(self) -> Counts:
        """Return the systems' numbers in order of score, best first, equal scores by entry id.

        Scores are equal to the best of their group within 1e-9.
        """
        values = -self.scores if self.metric.higher_is_better else self.scores
        order = [int(system) for system in np.argsort(values, kind="stable")]
        begin = 0
        for place in range(1, len(order) + 1):
            if place == len(order) or values[order[place]] - values[order[begin]] > TOLERANCE:
                order[begin:place] = sorted(order[begin:place])
                begin = place
        return np.array(order, dtype=np.int64)


def _compare(
    table: _Table,
    resampled: Scores | None,
    unit: str,
    test: Test | None,
    correction: Correction,
    resamples: int,
) -> Comparison:
    order = table.order()
    scores = table.scores[order]
    comparison = Comparison(
        metric=table.metric.name,
        entries=tuple(table.entries[system] for system in order),
        scores=tuple(scores.tolist()),
        intervals=(None,) * len(order),
        p_values=np.full((len(order), len(order)), np.nan),
        ranges=(),
        lines=(),
        signature="",
        too_few=WHOLE if unit == "testset" else f"too few {unit}s ({table.units}) for significance",
    )
    if test is None or resampled is None:
        return comparison
    pairs = _count_pairs(table, resampled, test)
    p_values = pairs.p_values()[np.ix_(order, order)]
    corrected = correct(p_values, correction)
    higher = table.metric.higher_is_better
    ranges = find_ranges(scores, corrected, higher_is_better=higher)
    return Comparison(
        metric=comparison.metric,
        entries=comparison.entries,
        scores=comparison.scores,
        intervals=tuple(_find_interval(resampled[:, system], table.units) for system in order),
        p_values=p_values,
        ranges=tuple(ranges),
        lines=tuple(find_lines(ranges)),
        signature=(
            f"sig:{test}|unit:{unit}|n:{table.units}|b:{resamples}|seed:{SEED}|adj:{correction}"
            f"|alpha:{ALPHA}|numpy:{np.__version__}"
        ),
        pairs=pairs,
    )


def _count_pairs(table: _Table, resampled: Scores, test: Test) -> PairCounts:
    systems = len(table.entries)
    extreme = np.zeros((systems, systems), dtype=np.int64)
    kept = np.zeros((systems, systems), dtype=np.int64)
    if test is Test.FLIPS:
        for first, second, differences in flip(table.metric, table.statistics, len(resampled)):
            observed = abs(table.scores[first] - table.scores[second])
            extreme[first, second] = (np.abs(differences) >= observed - TOLERANCE).sum()
            kept[first, second] = (~np.isnan(differences)).sum()
    else:
        by_system = np.ascontiguousarray(resampled.T)
        for first in range(systems - 1):
            rest = slice(first + 1, systems)
            observed = np.abs(table.scores[first] - table.scores[rest])
            differences = by_system[first] - by_system[rest]
            extreme[first, rest], kept[first, rest] = _count_extreme(differences, observed, test)
    return PairCounts(extreme + extreme.T, kept + kept.T, len(resampled))


def _count_extreme(differences: Scores, observed: Scores, test: Test) -> tuple[Counts, Counts]:
    """Count in differences [pairs, resamples]; a pair undefined in a resample loses it."""
    kept = differences.shape[1] - np.isnan(differences).sum(axis=1)
    limit = observed[:, np.newaxis]
    if test is Test.SACREBLEU:
        np.abs(differences, out=differences)
        limit = limit + _average(differences, kept)
        return (differences > limit).sum(axis=1), kept
    differences -= _average(differences, kept)
    np.abs(differences, out=differences)
    return (differences >= limit - TOLERANCE).sum(axis=1), kept


def _average(differences: Scores, kept: Counts) -> Scores:
    sums = np.nansum(differences, axis=1) if (kept < differences.shape[1]).any() else None
    sums = differences.sum(axis=1) if sums is None else sums
    means: Scores = (sums / np.maximum(kept, 1))[:, np.newaxis]
    return means


def _find_interval(resampled: Scores, units: int) -> tuple[float, float] | None:
    kept = np.sort(resampled[~np.isnan(resampled)])
    if units < FEWEST_FOR_INTERVAL or len(kept) < KEPT_SHARE * len(resampled):
        return None
    cut = len(kept) // 40
    return float(kept[cut]), float(kept[len(kept) - cut - 1])
