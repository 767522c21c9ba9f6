"""Places, ranges of places, and the lines between groups of systems; docs/metrics.md 5."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from evaluator.ranking import TOLERANCE
from evaluator.significance.corrections import correct_benjamini_hochberg, correct_holm
from evaluator.types import Scores

ALPHA = 0.05

Range = tuple[int, int]  # of places, both ends counted


class Correction(StrEnum):
    """How p-values are corrected before ranges and lines are counted; names of the signature."""

    OWN = "holm-own"  # each system's N - 1 comparisons by themselves
    STRICT = "holm-strict"  # all N (N - 1) / 2 pairs
    FDR = "fdr"  # Benjamini-Hochberg over all pairs
    PAIRWISE = "pairwise"  # none


def correct(p_values: Scores, correction: Correction) -> Scores:
    """Correct the p-values of all pairs, [systems, systems]; the diagonal is not read.

    A row holds a system's comparisons as they count for its own range: by `holm-own` the two
    systems of a pair may disagree. A p-value that is missing (NaN) counts as 1.
    """
    known = np.where(np.isnan(p_values), 1.0, p_values)
    corrected = np.ones_like(known)
    if correction is Correction.OWN:
        for system, others in enumerate(~np.eye(len(known), dtype=bool)):
            corrected[system, others] = correct_holm(known[system, others])
        return corrected
    pairs = np.triu_indices_from(known, 1)
    values = known[pairs]
    if correction is Correction.STRICT:
        values = correct_holm(values)
    elif correction is Correction.FDR:
        values = correct_benjamini_hochberg(values)
    corrected[pairs] = corrected.T[pairs] = values
    return corrected


def find_ranges(scores: Scores, corrected: Scores, *, higher_is_better: bool) -> list[Range]:
    """Return each system's range of places: those that nothing significant excludes."""
    values = scores if higher_is_better else -scores
    gaps = values[np.newaxis, :] - values[:, np.newaxis]
    is_significant = corrected < ALPHA
    better = (is_significant & (gaps > TOLERANCE)).sum(axis=1)
    worse = (is_significant & (gaps < -TOLERANCE)).sum(axis=1)
    return [(1 + int(b), len(scores) - int(w)) for b, w in zip(better, worse, strict=True)]


def find_lines(ranges: Sequence[Range]) -> list[int]:
    """Return the places after which a line stands, of ranges in the order of their places.

    Every range above a line ends at or before it, every range below begins after it.
    """
    return [
        place
        for place in range(1, len(ranges))
        if all(end <= place for _, end in ranges[:place])
        and all(begin > place for begin, _ in ranges[place:])
    ]


def write_place(place: Range) -> str:
    """Write the place of an order without significance: `1`, or `1=` where it is shared."""
    return f"{place[0]}=" if place[1] > place[0] else str(place[0])


def write_range(place: Range) -> str:
    """Write a range of places: `1`, `2–4`."""
    return str(place[0]) if place[0] == place[1] else f"{place[0]}\u2013{place[1]}"
