"""Reports a run to the platform: log, hypotheses, outcome, in this order."""

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
from evaluator.node.protocol.pauses import grow_pauses
from evaluator.node.protocol.report_bodies import (
    HANDED_BACK,
    encode_hypotheses,
    encode_log_end,
    finish_body,
)
from evaluator.node.protocol.run_assignment import Hold, RunAssignment
from evaluator.node.work.execution import blame_our_side
from evaluator.node.work.lease import Cause, Lease

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 8  # seconds
# Seconds for which a request is repeated while the platform answers heartbeats. A platform that
# answers nothing is waited for as long as the run is ours.
PATIENCE = 600
LAST_PATIENCE = 20  # seconds, of a node that is ending


class Reporter:
    """Reports a run, as long as it is ours."""

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
        """Report everything; return the outcome that was reported, None if nothing was."""
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
        # A node that is ending hands an unfinished run back: a failure may come from its shutdown.
        is_final = result.outcome is Outcome.OK or self._lease.cause is Cause.CANCELLED
        is_unfinished = not is_final and self._is_ending()
        outcome: str = HANDED_BACK if is_unfinished else result.outcome
        if assignment is not None and outcome != HANDED_BACK:
            self._send_log(result, assignment.limits.log)
            if outcome == Outcome.OK and assignment.purpose == "test":
                result = self._send_hypotheses(result)
                outcome = result.outcome
        try:
            self._finish(outcome, result)
        except UnexpectedAnswerError as error:  # our report is at fault: send a shorter report
            logger.error("run %s: its report was refused: %s", self._hold.run, error)
            result = blame_our_side(Outcome.ENGINE_ERROR, f"the report was refused: {error}")
            outcome = result.outcome
            self._finish(outcome, result)
        return outcome

    def _send_log(self, result: RunResult, most: int) -> None:
        text = encode_log_end(result.log, most)
        if not text:
            return
        try:
            self._persist(lambda: self._platform.put_log(self._hold, text))
        except (UnexpectedAnswerError, UnreachableError) as error:
            logger.warning("run %s: its log is not taken: %s", self._hold.run, error)

    def _send_hypotheses(self, result: RunResult) -> RunResult:
        """Send the hypotheses; return the result that is left to report."""
        body = encode_hypotheses(result.translations)
        try:
            self._persist(lambda: self._platform.put_hypotheses(self._hold, body))
        except (UnexpectedAnswerError, UnreachableError) as error:
            logger.error("run %s: its hypotheses are not taken: %s", self._hold.run, error)
            return blame_our_side(Outcome.ENGINE_ERROR, f"the hypotheses were not taken: {error}")
        return result

    def _finish(self, outcome: str, result: RunResult) -> None:
        body = finish_body(self._hold, outcome, result, self._health)
        self._persist(lambda: self._platform.finish(self._hold, body))

    def _persist(self, send: Callable[[], None]) -> None:
        """Repeat a request until it is answered, while the run is ours and our patience lasts."""
        began = time.monotonic()
        for pause in grow_pauses(FIRST_PAUSE, LONGEST_PAUSE):
            if self._lease.lost.is_set():
                raise _Lost
            try:
                return send()
            except UnreachableError as error:
                if self._is_ending():
                    deadline = began + LAST_PATIENCE
                elif (answered_since := self._lease.answered_since) is None:
                    deadline = math.inf
                else:
                    deadline = max(began, answered_since) + PATIENCE
                if time.monotonic() + pause > deadline:
                    raise
                logger.warning("run %s: %s; trying again", self._hold.run, error)
                self._lease.lost.wait(pause)


class _Lost(Exception):
    """Nothing may be reported any more."""
