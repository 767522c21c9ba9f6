"""Term lists as people keep them: tables, JSON and TBX-Basic, with a report of every change."""

from __future__ import annotations

from evaluator.formats.terminologies.reading import read_terminologies, read_terminology
from evaluator.formats.terminologies.report import Change, ImportedTerminology, Kind

__all__ = ["Change", "ImportedTerminology", "Kind", "read_terminologies", "read_terminology"]
