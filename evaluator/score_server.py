"""A process that scores what comes through a connection, until that closes.

The caller watches this process's time and memory, and may kill it at any moment. The process stays,
so that dictionaries, tokenisers and test sets are loaded once.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections import OrderedDict
from dataclasses import dataclass
from multiprocessing.connection import Connection

from evaluator.errors import InfrastructureError
from evaluator.normalise.tokenisers import forget_lines
from evaluator.scoring import score
from evaluator.types import Hypotheses, TestSet

TEST_SETS_KEPT = 16  # each is a few megabytes
LOOK_EVERY = 1  # seconds between checks that the caller still exists


@dataclass(frozen=True, slots=True)
class Job:
    """Hypotheses to score, and the name under which this process may know their test set."""

    key: str
    hypotheses: Hypotheses
    lemmatiser: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Scoring raised an error."""

    traceback: str
    lacking: str = ""  # what this machine lacks for it, with the remedy


WANTS_TEST_SET = "the test set, please"  # the answer to a job whose key is not known


def serve(connection: Connection) -> None:
    """Answer jobs by a ScoringResult or Failed until the caller closes the connection."""
    kept: OrderedDict[str, TestSet] = OrderedDict()
    while True:
        try:
            job: Job = connection.recv()
            is_new = job.key not in kept
            if is_new:
                connection.send(WANTS_TEST_SET)
                kept[job.key] = connection.recv()
        except EOFError:
            return
        kept.move_to_end(job.key)
        while len(kept) > TEST_SETS_KEPT:
            kept.popitem(last=False)
        try:
            answer: object = score(kept[job.key], job.hypotheses, lemmatiser=job.lemmatiser)
        except InfrastructureError as error:
            answer = Failed(traceback.format_exc(), str(error))
        except Exception:  # the caller decides what it means
            answer = Failed(traceback.format_exc())
        connection.send(answer)
        forget_lines()
        if is_new:  # what was made for the test set stays: it need not be looked through again
            gc.collect()
            gc.freeze()


def _end_with(parent: int) -> None:
    """End this process if the caller is killed while a score is computed."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(1)


def main() -> None:
    """Serve the connection whose file descriptor the first argument names."""
    # The caller ends us. A worker that is asked to stop finishes its task first.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Lines for the worker's log, as its own are.
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("evaluator").setLevel(logging.INFO)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with Connection(int(sys.argv[1])) as connection:
        connection.send(os.getpid())  # from here on its memory counts
        serve(connection)
