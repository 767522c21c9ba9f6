"""Which differences between systems are real: p-values, intervals, ranges of places, lines."""

from evaluator.significance.comparison import Comparison, PairCounts, Test, compare
from evaluator.significance.ranges import Correction, Range, write_place, write_range

__all__ = [
    "Comparison",
    "Correction",
    "PairCounts",
    "Range",
    "Test",
    "compare",
    "write_place",
    "write_range",
]
