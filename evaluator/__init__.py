"""Terminarium's evaluator: reads, aligns and scores translations with terminologies."""

from __future__ import annotations

from evaluator.alignment import align
from evaluator.errors import (
    InfrastructureError,
    MisalignedError,
    SubmissionError,
    TerminariumError,
    TerminologyError,
    TestSetError,
    UnreadableFileError,
    WrongFileError,
)
from evaluator.formats import (
    ImportedTerminology,
    PairedFile,
    read_hypotheses,
    read_terminologies,
    read_test_set,
    read_upload,
)
from evaluator.intake import read_aligned
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
    "ImportedTerminology",
    "InfrastructureError",
    "Line",
    "MisalignedError",
    "PairedFile",
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
    "TerminologyError",
    "TestSet",
    "TestSetError",
    "UnreadableFileError",
    "WrongFileError",
    "align",
    "load_statistics",
    "rank",
    "read_aligned",
    "read_hypotheses",
    "read_terminologies",
    "read_test_set",
    "read_upload",
    "save_statistics",
    "score",
]
