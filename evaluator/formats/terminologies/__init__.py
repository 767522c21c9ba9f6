"""Term lists as people keep them: tables, JSON and TBX-Basic, with a report of every change."""

from __future__ import annotations

from evaluator.formats.terminologies.changes import Change, ImportedTerminology, Kind
from evaluator.formats.terminologies.reading import read_terminologies, read_terminology

__all__ = ["Change", "ImportedTerminology", "Kind", "read_terminologies", "read_terminology"]
