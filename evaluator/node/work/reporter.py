"""Telling the platform how a run went: log, hypotheses, outcome, in this order."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from evaluator.container import Outcome, RunResult
from evaluator.node.errors import (
    FenceRefusedError,
    PlatformError,
    TokenRefusedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from evaluator.node.protocol.client import NodeHealth, Platform
from evaluator.node.protocol.pauses import growing
from evaluator.node.protocol.report_bodies import (
    HANDED_BACK,
    finish_body,
    hypotheses_body,
    log_bytes,
)
from evaluator.node.protocol.run_assignment import Hold, RunAssignment
from evaluator.node.work.execution import our_fault
from evaluator.node.work.lease import Cause, Lease

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 8  # seconds
# Seconds for which one thing is told again and again to a platform that answers heartbeats; one
# that answers nothing is waited for as long as the run is ours.
PATIENCE = 600
LAST_PATIENCE = 20  # seconds, of a node that is to end


class Reporter:
    """What the platform is told of one run, as long as it is ours."""

    def __init__(
        self, platform: Platform, lease: Lease, hold: Hold, *, is_ending: Callable[[], bool]
    ) -> None:
        self._platform = platform
        self._lease = lease
        self._hold = hold
        self._is_ending = is_ending  # the node
        self._health: NodeHealth | None = None  # of the node, after a failure

    def send(
        self, result: RunResult, assignment: RunAssignment | None, health: NodeHealth | None = None
    ) -> str | None:
        """Tell all of it; return the outcome that was told, None if none was."""
        self._health = health
        try:
            return self._send(result, assignment)
        except _Lost:
            pass  # the lease knows why
        except (FenceRefusedError, TokenRefusedError) as error:
            self._lease.stop(Cause.LOST, str(error))
        except PlatformError as error:
            logger.error("run %s: its end can't be told: %s", self._hold.run, error)
        return None

    def _send(self, result: RunResult, assignment: RunAssignment | None) -> str:
        outcome = self._outcome(result)
        if assignment is not None and outcome != HANDED_BACK:
            self._send_log(result, assignment.limits.log)
            if outcome == Outcome.OK and assignment.purpose == "test":
                result = self._send_hypotheses(result)
                outcome = result.outcome
        try:
            self._finish(outcome, result)
        except UnexpectedAnswerError as error:  # our words are at fault: fewer of them
            logger.error("run %s: its report was refused: %s", self._hold.run, error)
            result = our_fault(Outcome.ENGINE_ERROR, f"the report was refused: {error}")
            outcome = result.outcome
            self._finish(outcome, result)
        return outcome

    def _outcome(self, result: RunResult) -> str:
        """Return what is told: of a node that ends, a run that is not done is another one's.

        Whatever went wrong then may come of a machine that is shut down.
        """
        is_told = result.outcome is Outcome.OK or self._lease.cause is Cause.CANCELLED
        return result.outcome if is_told or not self._is_ending() else HANDED_BACK

    def _send_log(self, result: RunResult, most: int) -> None:
        text = log_bytes(result.log, most)
        if not text:
            return
        try:
            self._persist(lambda: self._platform.put_log(self._hold, text))
        except (UnexpectedAnswerError, UnreachableError) as error:
            logger.warning("run %s: its log is not taken: %s", self._hold.run, error)

    def _send_hypotheses(self, result: RunResult) -> RunResult:
        """Hand them over; return the result that is left to tell."""
        body = hypotheses_body(result.translations)
        try:
            self._persist(lambda: self._platform.put_hypotheses(self._hold, body))
        except (UnexpectedAnswerError, UnreachableError) as error:
            logger.error("run %s: its hypotheses are not taken: %s", self._hold.run, error)
            return our_fault(Outcome.ENGINE_ERROR, f"the hypotheses were not taken: {error}")
        return result

    def _finish(self, outcome: str, result: RunResult) -> None:
        body = finish_body(self._hold, outcome, result, self._health)
        self._persist(lambda: self._platform.finish(self._hold, body))

    def _persist(self, say: Callable[[], None]) -> None:
        """Say it until it is answered, as long as the run is ours and our patience lasts."""
        began = time.monotonic()
        for pause in growing(FIRST_PAUSE, LONGEST_PAUSE):
            if self._lease.lost.is_set():
                raise _Lost
            try:
                return say()
            except UnreachableError as error:
                if time.monotonic() + pause > self._deadline(began):
                    raise
                logger.warning("run %s: %s; trying again", self._hold.run, error)
                self._lease.lost.wait(pause)

    def _deadline(self, began: float) -> float:
        """Return until when a thing is told again that has been told since `began`."""
        if self._is_ending():
            return began + LAST_PATIENCE
        answered_since = self._lease.answered_since
        return math.inf if answered_since is None else max(began, answered_since) + PATIENCE


class _Lost(Exception):
    """Nothing may be told any more."""
