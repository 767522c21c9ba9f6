"""The figures of WMT 2025's terminology task, reproduced (docs/metrics.md 7)."""

from __future__ import annotations

from evaluator.metrics.wmt25.consistency import Wmt25Consistency
from evaluator.metrics.wmt25.document_success import Wmt25DocumentTermSuccess
from evaluator.metrics.wmt25.success import Wmt25TermSuccess

__all__ = ["Wmt25Consistency", "Wmt25DocumentTermSuccess", "Wmt25TermSuccess"]
