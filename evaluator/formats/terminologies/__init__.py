"""Term lists as people have them: TICO-19's CSV, TSV, JSON lines, TBX-Basic; with a report."""

from __future__ import annotations

from evaluator.formats.terminologies.changes import Change, ImportedTerminology, Kind
from evaluator.formats.terminologies.reading import read_terminologies, read_terminology

__all__ = ["Change", "ImportedTerminology", "Kind", "read_terminologies", "read_terminology"]
