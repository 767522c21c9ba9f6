"""The figures of WMT 2026's terminology task, reproduced (docs/metrics.md 8)."""

from __future__ import annotations

from evaluator.metrics.wmt26.chrf import Wmt26DocumentChrf, Wmt26ParagraphChrf
from evaluator.metrics.wmt26.tiers import (
    Wmt26Annotated,
    Wmt26AnnotatedLemma,
    Wmt26Exclusive,
    Wmt26Glossary,
    Wmt26GlossaryLemma,
    Wmt26InflectedExact,
)

__all__ = [
    "Wmt26Annotated",
    "Wmt26AnnotatedLemma",
    "Wmt26DocumentChrf",
    "Wmt26Exclusive",
    "Wmt26Glossary",
    "Wmt26GlossaryLemma",
    "Wmt26InflectedExact",
    "Wmt26ParagraphChrf",
]
