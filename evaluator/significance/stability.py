"""What could be told apart, and what hangs on one document; docs/metrics.md 5."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from evaluator.metrics.base import Metric, total
from evaluator.significance.comparison import FEWEST_FOR_P, RESAMPLES
from evaluator.significance.ranges import ALPHA
from evaluator.significance.resampling import resample
from evaluator.types import Statistics

# Of the difference of two systems; from the systems of WMT 2025.
SHARE_RENDERED_BY_ONE = 0.2  # of required occurrences, by exactly one of two systems
CHRF_DEVIATION = 18.0  # of chrF++ per segment
POWER_QUANTILE = 0.84  # finds the difference with probability .8
ONE_COMPARISON = 2.8  # standard errors, at .05 and that power


def factor_against(rivals: int) -> float:
    """Return how many standard errors a difference needs to be found against so many rivals."""
    if rivals <= 1:
        return ONE_COMPARISON
    return NormalDist().inv_cdf(1 - ALPHA / (2 * rivals)) + POWER_QUANTILE


def detect_term_success(
    required: int, *, share: float = SHARE_RENDERED_BY_ONE, rivals: int = 1
) -> float:
    """Return the smallest difference of term success, in points, that a test set tells apart.

    `required` is the number of required occurrences, at least 1; `share` is how many of them
    exactly one of two systems renders.
    """
    return 100 * factor_against(rivals) * sqrt(share / required)


def detect_chrf(segments: int, *, deviation: float = CHRF_DEVIATION, rivals: int = 1) -> float:
    """Return the smallest difference of chrF++, in points, that so many segments tell apart.

    `deviation` is the standard deviation, per segment, of the difference of two systems.
    """
    return factor_against(rivals) * deviation / sqrt(segments)


def detect_by_pilot(
    metric: Metric,
    pilot: tuple[Statistics, Statistics],
    *,
    units: int,
    rivals: int = 1,
) -> float:
    """Return the smallest detectable difference on `units` units, from two systems' outputs.

    `pilot` holds the statistics [units of the pilot, k] of two comparable systems. NaN where the
    metric is undefined in most resamples.
    """
    [scores] = resample([(metric, np.stack(pilot))], RESAMPLES)
    differences = scores[:, 0] - scores[:, 1]
    error = float(np.std(differences[~np.isnan(differences)], ddof=1))
    return factor_against(rivals) * error * sqrt(len(pilot[0]) / units)


def write_detectable(segments: int, required: int, *, rivals: int = 1) -> str:
    """Write what a test set can tell apart, in a sentence."""
    if segments < FEWEST_FOR_P:
        return f"Fewer than {FEWEST_FOR_P} segments: too few to tell systems apart."
    chrf = f"{detect_chrf(segments, rivals=rivals):.1f} of chrF++"
    if not required:
        return f"{segments:,} segments: differences of about {chrf} can be told apart."
    success = f"{detect_term_success(required, rivals=rivals):.1f} points of term success"
    return (
        f"{segments:,} segments with {required:,} terms: differences of about {success} and "
        f"{chrf} can be told apart."
    )


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Whether the first place hangs on single documents."""

    documents: int
    changing: tuple[str, ...]  # without each of these, other entries share the first place


def leave_one_document_out(
    metrics: Sequence[tuple[Metric, Mapping[int, Statistics]]],
    documents: Sequence[str],
    lead: Callable[[Sequence[tuple[Metric, Mapping[int, float]]]], frozenset[int]],
) -> LeaveOneOut | None:
    """Ask for each document whether the first place is another's without it.

    Takes for each metric the statistics [units, k] of each entry, the document of each unit, and
    `lead`, which returns the entries that share the first place by their scores in each metric.
    None for a test set of one document, or whose documents are single units.
    """
    names = list(dict.fromkeys(documents))
    if len(names) < 2 or len(names) == len(documents):
        return None
    belongs = np.array(documents)
    sums = [
        (metric, {entry: total(rows) for entry, rows in statistics.items()})
        for metric, statistics in metrics
    ]
    first = lead(_score_sums(sums))
    changing = []
    for name in names:
        own = belongs == name
        without = [
            (metric, {entry: whole[entry] - total(rows[own]) for entry, rows in table.items()})
            for (metric, table), (_, whole) in zip(metrics, sums, strict=True)
        ]
        if lead(_score_sums(without)) != first:
            changing.append(name)
    return LeaveOneOut(len(names), tuple(changing))


def _score_sums(
    sums: Sequence[tuple[Metric, Mapping[int, Statistics]]],
) -> list[tuple[Metric, Mapping[int, float]]]:
    scores: list[tuple[Metric, Mapping[int, float]]] = []
    for metric, by_entry in sums:
        values = {entry: metric.aggregate(row) for entry, row in by_entry.items()}
        scores.append((metric, {e: value for e, value in values.items() if value is not None}))
    return scores
