"""Which differences between systems are real: p-values, intervals, ranges of places, lines."""

from evaluator.significance.comparison import (
    MOST_SYSTEMS_STRICT,
    Comparison,
    PairCounts,
    Test,
    compare,
)
from evaluator.significance.orders import Order, order_by_mean_rank, order_on_resamples
from evaluator.significance.ranges import Correction, Range, write_place, write_range
from evaluator.significance.stability import leave_one_document_out, write_detectable

__all__ = [
    "MOST_SYSTEMS_STRICT",
    "Comparison",
    "Correction",
    "Order",
    "PairCounts",
    "Range",
    "Test",
    "compare",
    "leave_one_document_out",
    "order_by_mean_rank",
    "order_on_resamples",
    "write_detectable",
    "write_place",
    "write_range",
]
