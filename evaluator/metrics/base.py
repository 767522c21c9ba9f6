"""What every metric is: statistics per segment → sum → score, with a signature."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from evaluator.types import Hypotheses, Statistics, TestSet


class Metric(ABC):
    """One metric with its settings. Only `statistics` and `by_term` read hypotheses."""

    name: ClassVar[str]
    higher_is_better: ClassVar[bool] = True

    def lacks(self, test_set: TestSet) -> str | None:
        """What the test set lacks that the metric needs, in words; None if it has all of it."""
        return None if test_set.segments else "a segment"

    def is_defined(self, test_set: TestSet) -> bool:
        """Whether the test set has what the metric needs; if not there is no score."""
        return self.lacks(test_set) is None

    @abstractmethod
    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return [segments, k], int64 or float64: sums of its rows are all a score needs."""

    def by_term(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics | None:
        """Return what a view of single terms sums up; None for a metric without one."""
        return None

    @abstractmethod
    def aggregate(self, total: Statistics) -> float | None:
        """Turn a sum of rows [k] into the score; None where it is undefined."""

    @abstractmethod
    def signature(self, test_set: TestSet) -> str:
        """Name every choice that can change the number, `key:value` joined by `|`."""

    def details(self, total: Statistics) -> Mapping[str, int | float | str]:
        """Name the parts of a score, from a sum of rows [k]; {} if there are none to show."""
        return {}


def total(statistics: Statistics) -> Statistics:
    """Sum rows [n, k] → [k], in order, one after the other; zeros for no rows.

    Plain left-to-right float64 sums: NumPy's `sum` adds pairwise and Python's from 3.12 on
    compensates, and either changes last digits of published scores.
    """
    if not len(statistics):
        return np.zeros(statistics.shape[1:], dtype=statistics.dtype)
    running: Statistics = np.add.accumulate(statistics, axis=0)
    last: Statistics = running[-1]
    return last


def testset_part(test_set: TestSet) -> str:
    """The end of every signature: unit of resampling and which references and terms."""
    return f"unit:segment|testset:{test_set.digest[:12]}"
