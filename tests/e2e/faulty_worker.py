"""A worker whose scoring goes wrong in the way that FAULT names; everything else is real.

Each start of a team's scoring appends a line to the file that FAULT_LOG names.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import django

import evaluator
from config.celery import app as app  # the application that `celery -A` looks for

django.setup()

from submissions import scoring  # noqa: E402 (models can be imported only now)
from submissions.models import Entry  # noqa: E402

_evaluate = scoring.evaluate  # the real one


def _fail(entry: Entry) -> evaluator.ScoringResult:
    if entry.kind != Entry.Kind.SYSTEM:  # nobody's: the sweeper made it
        return _evaluate(entry)
    with Path(os.environ["FAULT_LOG"]).open("a") as log:
        log.write(f"{entry.pk}\n")
    if os.environ["FAULT"] == "kills its worker":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(120)  # "hangs": far longer than any test lets it
    raise AssertionError("nobody killed this worker")


scoring.evaluate = _fail
