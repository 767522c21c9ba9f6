"""A worker whose work goes wrong in the way that FAULT names; everything else is real.

Each scoring of a team's entry adds a line to the file that FAULT_LOG names, then goes wrong. With
"waits" it, and the check of an image, goes on when the file FAULT_LOG.go is there.
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

from submissions.models import Entry, Submission  # noqa: E402
from submissions.pipeline import scoring  # noqa: E402 (models can be imported only now)
from submissions.pipeline.checking import images  # noqa: E402

_evaluate, _check_image = scoring.evaluate, images.check  # the real functions
_log = Path(os.environ["FAULT_LOG"])


def _fail(entry: Entry, *, alone: bool = False) -> evaluator.ScoringResult:
    if entry.kind != Entry.Kind.SYSTEM:  # nobody's: the sweeper made it
        return _evaluate(entry, alone=alone)
    if os.environ["FAULT"] == "waits":
        result = _evaluate(entry, alone=alone)
        _note(entry.pk)
        _wait()  # with a result that is not recorded yet
        return result
    _note(entry.pk)
    if os.environ["FAULT"] == "kills its worker":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(120)  # "hangs": far longer than any test lets it
    raise AssertionError("nobody killed this worker")


def _check_image_late(submission: Submission, *, owner: str) -> None:
    _note(submission.pk)
    _wait()
    _check_image(submission, owner=owner)


def _note(pk: int) -> None:
    with _log.open("a") as log:
        log.write(f"{pk}\n")


def _wait() -> None:
    deadline = time.monotonic() + 120
    while not _log.with_name(f"{_log.name}.go").exists():
        if time.monotonic() > deadline:
            raise AssertionError("nobody let this worker go on")
        time.sleep(0.05)


scoring.evaluate = _fail
if os.environ["FAULT"] == "waits":
    images.check = _check_image_late
