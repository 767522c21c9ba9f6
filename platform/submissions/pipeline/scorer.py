"""Scoring in a process of its own, whose time and memory are watched from here.

Not by limits on its address space: what is reserved says nothing about what is used.
"""

from __future__ import annotations

import atexit
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import cast

import psutil
from django.conf import settings

import evaluator
from evaluator.score_server import WANTS_TEST_SET, Failed, Job

LOOK_EVERY = 0.1  # seconds between two looks at time and memory
KEPT_BYTES = 512 * 1024**2  # resident; above it the next entry gets a new process
MB = 1024**2
START = "from evaluator.score_server import main; main()"


class LimitPassed(Exception):
    """Scoring took more time or memory than it may; the text names the limit."""


class ScorerFailed(evaluator.InfrastructureError):
    """The scoring process ended, or raised an error."""

    lacking = ""  # what this machine lacks, such as a lemmatiser, with the remedy


class Scorer:
    """A process that scores entries in turn; started when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection
        self._watched: psutil.Process
        self._lock = threading.Lock()

    def score(self, test_set: evaluator.TestSet, job: Job) -> evaluator.ScoringResult:
        """Return the scores. Raises LimitPassed or ScorerFailed.

        Whatever goes wrong, the process is ended: the next entry gets a new process.
        """
        with self._lock:
            try:
                return self._score(test_set, job)
            except (EOFError, OSError, psutil.Error) as error:
                self.close()
                raise ScorerFailed("The scoring process ended before it had an answer.") from error
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Kill the process."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._process = None

    def _score(self, test_set: evaluator.TestSet, job: Job) -> evaluator.ScoringResult:
        if self._process is None:
            self._start()
        require_within_limits = self._limits()
        self._connection.send(job)
        answer = self._answer(require_within_limits)
        if answer == WANTS_TEST_SET:
            self._connection.send(test_set)
            answer = self._answer(require_within_limits)
        if isinstance(answer, Failed):
            failure = ScorerFailed(answer.traceback)
            failure.lacking = answer.lacking
            raise failure
        if self._resident() > KEPT_BYTES:  # sacrebleu keeps the lines that it has seen
            self.close()
        return cast("evaluator.ScoringResult", answer)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, str(theirs.fileno())],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._connection = Connection(ours.detach())
        self._connection.recv()  # it has loaded the evaluator
        self._watched = psutil.Process(self._process.pid)

    def _answer(self, require_within_limits: Callable[[], None]) -> object:
        answered = False
        while not answered:
            answered = self._connection.poll(LOOK_EVERY)
            require_within_limits()  # once more after the answer: no verdict by luck
        return self._connection.recv()

    def _limits(self) -> Callable[[], None]:
        """Return a function that raises LimitPassed once this job has taken too much."""
        time_before, memory_before = self._processor_time(), self._resident()

        def require() -> None:
            # Processor time, not elapsed time: a busy machine must not count against a team.
            if self._processor_time() - time_before > settings.SCORING_TIME:
                raise LimitPassed(f"{settings.SCORING_TIME:g} seconds of processor time")
            if self._resident() - memory_before > settings.SCORING_MEMORY:
                raise LimitPassed(f"{settings.SCORING_MEMORY / MB:,.0f} MB of memory")

        return require

    def _processor_time(self) -> float:
        times = self._watched.cpu_times()
        return times.user + times.system

    def _resident(self) -> int:
        return int(self._watched.memory_info().rss)


scorer = Scorer()  # of this worker process
atexit.register(scorer.close)
