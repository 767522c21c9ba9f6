"""Reading files, their formats told by content: hypotheses, uploads, test sets, terminologies."""

from __future__ import annotations

from evaluator.formats.archives import PairedFile, read_upload
from evaluator.formats.hypotheses import FORMATS, Format, read_hypotheses
from evaluator.formats.terminologies import (
    ImportedTerminology,
    read_terminologies,
    read_terminology,
)
from evaluator.formats.test_sets import read_test_set

__all__ = [
    "FORMATS",
    "Format",
    "ImportedTerminology",
    "PairedFile",
    "read_hypotheses",
    "read_terminologies",
    "read_terminology",
    "read_test_set",
    "read_upload",
]
