"""Terms in texts: which occur in a source, and which words of a translation render them."""

from __future__ import annotations

from evaluator.terms.matching import Required, Requirements
from evaluator.terms.required import RequiredTerms, required_terms
from evaluator.terms.source_terms import (
    TermIndex,
    annotate,
    annotate_segments,
    find_terms,
    with_list,
)

__all__ = [
    "Required",
    "RequiredTerms",
    "Requirements",
    "TermIndex",
    "annotate",
    "annotate_segments",
    "find_terms",
    "required_terms",
    "with_list",
]
