"""The public names of the package, imported from `evaluator` itself."""

from __future__ import annotations

from evaluator.checking.alignment import align
from evaluator.checking.intake import FileVerdict, read_aligned, read_slots
from evaluator.errors import (
    InfrastructureError,
    LanguageError,
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
    read_hypotheses,
    read_terminologies,
    read_test_set,
)
from evaluator.metrics.term import TermResult, per_term
from evaluator.ranking import Ranked, rank
from evaluator.scoring import (
    current_signatures,
    defined_metrics,
    load_by_term,
    load_statistics,
    save_statistics,
    score,
)
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
    "FileVerdict",
    "Hypotheses",
    "HypothesisFile",
    "ImportedTerminology",
    "InfrastructureError",
    "LanguageError",
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
    "TermResult",
    "TerminariumError",
    "Terminology",
    "TerminologyError",
    "TestSet",
    "TestSetError",
    "UnreadableFileError",
    "WrongFileError",
    "align",
    "current_signatures",
    "defined_metrics",
    "load_by_term",
    "load_statistics",
    "per_term",
    "rank",
    "read_aligned",
    "read_hypotheses",
    "read_slots",
    "read_terminologies",
    "read_test_set",
    "save_statistics",
    "score",
]
