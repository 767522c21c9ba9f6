"""Participants' systems in containers: running them, and the results of runs.

Only `run` and `sweep` need the Docker SDK; everything else works without it.
"""

from __future__ import annotations

from evaluator.container.errors import EngineError, EngineUnavailableError, SdkMissingError
from evaluator.container.inputs import (
    Setting,
    SystemInput,
    TerminologyMode,
    as_json,
    system_inputs,
    take_documents,
)
from evaluator.container.limits import GB, MB, Limits, in_bytes
from evaluator.container.results import Outcome, RunProgress, RunResult
from evaluator.container.running import run, sweep
from evaluator.container.sample_sentences import SENTENCES, make_sample

__all__ = [
    "GB",
    "MB",
    "SENTENCES",
    "EngineError",
    "EngineUnavailableError",
    "Limits",
    "Outcome",
    "RunProgress",
    "RunResult",
    "SdkMissingError",
    "Setting",
    "SystemInput",
    "TerminologyMode",
    "as_json",
    "in_bytes",
    "make_sample",
    "run",
    "sweep",
    "system_inputs",
    "take_documents",
]
