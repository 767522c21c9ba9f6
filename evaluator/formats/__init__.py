"""Reading files, their formats told by content: hypotheses, uploads, test sets, terminologies."""

from __future__ import annotations

from evaluator.formats.hypotheses import FORMATS, read_hypotheses
from evaluator.formats.recognition import HypothesisFormat
from evaluator.formats.samples import Sample, read_samples
from evaluator.formats.term_alignments import read_term_alignments
from evaluator.formats.terminologies import (
    ImportedTerminology,
    read_terminologies,
    read_terminology,
)
from evaluator.formats.test_sets import find_track, read_test_set
from evaluator.formats.uploads import Upload, UploadedFile, open_upload

__all__ = [
    "FORMATS",
    "HypothesisFormat",
    "ImportedTerminology",
    "Sample",
    "Upload",
    "UploadedFile",
    "find_track",
    "open_upload",
    "read_hypotheses",
    "read_samples",
    "read_term_alignments",
    "read_terminologies",
    "read_terminology",
    "read_test_set",
]
