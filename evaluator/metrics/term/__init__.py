"""The family `term`: the corrected definitions, our headline (docs/metrics.md 4)."""

from __future__ import annotations

from evaluator.metrics.term.consistency import TermConsistency
from evaluator.metrics.term.over_application import OverApplication
from evaluator.metrics.term.success import TermResult, TermSuccess, per_document, per_term
from evaluator.metrics.term.ter import WeightedTer
from evaluator.metrics.term.window_overlap import TermWindowOverlap2, TermWindowOverlap3

__all__ = [
    "OverApplication",
    "TermConsistency",
    "TermResult",
    "TermSuccess",
    "TermWindowOverlap2",
    "TermWindowOverlap3",
    "WeightedTer",
    "per_document",
    "per_term",
]
