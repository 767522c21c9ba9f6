"""The WMT21 terminology scorer, reproduced with its habits (docs/metrics.md 3)."""

from __future__ import annotations

from evaluator.metrics.wmt21.exact_match import ExactMatch
from evaluator.metrics.wmt21.term_ter import TermTer
from evaluator.metrics.wmt21.window_overlap import WindowOverlap2, WindowOverlap3

__all__ = ["ExactMatch", "TermTer", "WindowOverlap2", "WindowOverlap3"]
