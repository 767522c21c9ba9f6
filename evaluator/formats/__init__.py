"""Reading files: hypotheses in three formats, test sets in WMT SGML."""

from __future__ import annotations

from evaluator.formats.hypotheses import FORMATS, Format, read_hypotheses
from evaluator.formats.test_sets import read_test_set

__all__ = ["FORMATS", "Format", "read_hypotheses", "read_test_set"]
