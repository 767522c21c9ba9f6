"""Reading and checking uploaded hypotheses: do they fit a test set, and what is odd about them?"""

from __future__ import annotations

from evaluator.checking.alignment import align
from evaluator.checking.folding import FoldedProblem, fold
from evaluator.checking.intake import FileVerdict, read_aligned, read_slots
from evaluator.checking.review import find_identical, find_warnings
from evaluator.checking.whole_documents import count_all_paragraphs, join_aside, set_aside

__all__ = [
    "FileVerdict",
    "FoldedProblem",
    "align",
    "count_all_paragraphs",
    "find_identical",
    "find_warnings",
    "fold",
    "join_aside",
    "read_aligned",
    "read_slots",
    "set_aside",
]
