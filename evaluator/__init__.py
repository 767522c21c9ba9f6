"""Terminarium's evaluator: reads, aligns and scores translations with terminologies."""

from __future__ import annotations

from evaluator.alignment import align
from evaluator.errors import (
    InfrastructureError,
    MisalignedError,
    SubmissionError,
    TerminariumError,
    TestSetError,
    UnreadableFileError,
    WrongFileError,
)
from evaluator.formats import read_hypotheses, read_test_set
from evaluator.ranking import Ranked, rank
from evaluator.scoring import load_statistics, save_statistics, score
from evaluator.types import (
    Hypotheses,
    HypothesisFile,
    Line,
    Problem,
    Score,
    ScoringResult,
    Segment,
    Term,
    TermAnnotation,
    Terminology,
    TestSet,
)

__all__ = [
    "Hypotheses",
    "HypothesisFile",
    "InfrastructureError",
    "Line",
    "MisalignedError",
    "Problem",
    "Ranked",
    "Score",
    "ScoringResult",
    "Segment",
    "SubmissionError",
    "Term",
    "TermAnnotation",
    "TerminariumError",
    "Terminology",
    "TestSet",
    "TestSetError",
    "UnreadableFileError",
    "WrongFileError",
    "align",
    "load_statistics",
    "rank",
    "read_hypotheses",
    "read_test_set",
    "save_statistics",
    "score",
]
