"""Terms in texts: which occur in a source, and which words of a translation render them."""

from __future__ import annotations

from evaluator.terms.matching import Required, Requirements
from evaluator.terms.source_terms import (
    RequiredTerms,
    TermIndex,
    annotate,
    find_terms,
    required_terms,
)

__all__ = [
    "Required",
    "RequiredTerms",
    "Requirements",
    "TermIndex",
    "annotate",
    "find_terms",
    "required_terms",
]
