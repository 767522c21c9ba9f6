"""Random samples of a test set's units, the same on any machine; docs/metrics.md 5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.base import Metric
from evaluator.types import Scores, Statistics

SEED = 12345
BLOCK_NUMBERS = 1_000_000  # of a block of resamples, whichever of its tables is largest
EXACT_FLOAT32 = 2**24  # integers up to here, and their sums, are exact in float32


def resample(metrics: Sequence[tuple[Metric, Statistics]], resamples: int) -> tuple[Scores, ...]:
    """Score systems on bootstrap resamples; the same resamples for all metrics.

    Takes metrics, each with statistics [systems, units, k], of the same units; systems may
    differ. Returns for each metric float64 [resamples, systems]; NaN: undefined in a resample.
    """
    units = metrics[0][1].shape[1]
    tables = [_flatten(statistics) for _, statistics in metrics]
    scores = [np.empty((resamples, len(statistics))) for _, statistics in metrics]
    widest = max(units, *(table.shape[1] for table in tables))
    done = 0
    for drawn in draw_counts(units, resamples, max(1, BLOCK_NUMBERS // widest)):
        rows = slice(done, done + len(drawn))
        for (metric, statistics), table, own in zip(metrics, tables, scores, strict=True):
            sums = (drawn.astype(table.dtype) @ table).astype(np.float64)
            own[rows] = metric.aggregate_many(
                sums.reshape(len(drawn), len(statistics), statistics.shape[2])
            )
        done += len(drawn)
    return tuple(scores)


def draw_counts(units: int, resamples: int, block: int) -> Iterator[NDArray[np.int32]]:
    """Yield [at most block, units]: how often each unit is drawn, a row for each resample."""
    rng = np.random.default_rng(SEED)
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = rng.choice(units, (rows, units))  # drawn in blocks, the numbers are the same
        drawn += units * np.arange(rows)[:, np.newaxis]
        counts = np.bincount(drawn.ravel(), minlength=rows * units)
        yield counts.reshape(rows, units).astype(np.int32)


def draw_flips(units: int, resamples: int) -> NDArray[np.bool_]:
    """Return [resamples, units]: True leaves a unit, False exchanges two systems' statistics."""
    # Never in blocks: NumPy throws random bits away at the end of each call.
    return np.random.default_rng(SEED).integers(2, size=(resamples, units), dtype=bool)


def flip(
    metric: Metric, statistics: Statistics, resamples: int
) -> Iterator[tuple[int, int, Scores]]:
    """Score pairs of systems with units exchanged at random.

    Takes statistics [systems, units, k]. Yields for each pair its two systems and float64
    [resamples], the first one's score minus the second one's; NaN where either is undefined.
    """
    systems, units, columns = statistics.shape
    table = _flatten(statistics)
    left = (draw_flips(units, resamples).astype(table.dtype) @ table).astype(np.float64)
    left = left.reshape(resamples, systems, columns)
    whole = statistics.sum(axis=1).astype(np.float64)
    for first in range(systems):
        for second in range(first + 1, systems):
            moved = left[:, first] - left[:, second]
            one = metric.aggregate_many(whole[second] + moved)
            other = metric.aggregate_many(whole[first] - moved)
            yield first, second, one - other


def _flatten(statistics: Statistics) -> Statistics:
    """Return [units, systems · k], float32 where all sums of resamples are exact in it."""
    systems, units, columns = statistics.shape
    table = statistics.transpose(1, 0, 2).reshape(units, systems * columns)
    is_small = not table.size or units * np.abs(table).max() < EXACT_FLOAT32
    is_exact = np.issubdtype(table.dtype, np.integer) and is_small
    return np.ascontiguousarray(table, dtype=np.float32 if is_exact else np.float64)
