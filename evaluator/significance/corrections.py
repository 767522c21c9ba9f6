"""Corrections of p-values for many comparisons."""

from __future__ import annotations

import numpy as np

from evaluator.types import Scores


def correct_holm(p_values: Scores) -> Scores:
    """Correct p-values [n] by Holm's (1979) step-down method."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(order), 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def correct_benjamini_hochberg(p_values: Scores) -> Scores:
    """Correct p-values [n] by the step-up method of Benjamini and Hochberg (1995)."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return corrected
