"""A node's lease of a run: it ends when the platform refuses it, or is silent for too long."""

from __future__ import annotations

import logging
import threading
import time
from enum import Enum, auto
from types import TracebackType

from evaluator.node.errors import (
    FenceRefusedError,
    PlatformError,
    StopError,
    TokenRefusedError,
)
from evaluator.node.protocol.answers import Patience
from evaluator.node.protocol.client import Beat, Platform
from evaluator.node.protocol.pauses import grow_pauses
from evaluator.node.protocol.run_assignment import Hold

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5  # seconds between a heartbeat that failed and the next
ANSWER_TIMEOUT = 10  # seconds for the answer to a heartbeat
JOIN_TIMEOUT = 1.0  # seconds; a heartbeat under way is not waited for


class Cause(Enum):
    """Why a run is stopped."""

    CANCELLED = auto()  # somebody pressed the button
    HANDED_BACK = auto()  # this node is to end
    LOST = auto()  # the run belongs to another node by now


class Lease:
    """Two threads while a run is ours: one sends heartbeats, the other watches the clock.

    The run is ours until the platform refuses it. A platform that does not answer may be
    restarting, and accepts the run when it is back. So the run continues for `patience` seconds
    after the last answer, or for the length of its lease if that is longer.

    The second thread does not depend on the network: it notices the end of our patience even if
    the platform takes a heartbeat and never answers.
    """

    def __init__(
        self, platform: Platform, hold: Hold, claimed_at: float, *, patience: float
    ) -> None:
        self._platform = platform
        self._hold = hold
        self._patience = patience  # seconds
        self._beat = Beat("fetching", 0, 0, None)
        self._until = claimed_at + max(hold.lease, patience)  # time.monotonic()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_heartbeats, name="heartbeats", daemon=True),
            threading.Thread(target=self._watch_the_clock, name="lease", daemon=True),
        ]
        self._lock = threading.Lock()
        # The time.monotonic() since which each heartbeat was answered; None: the last was not.
        self.answered_since: float | None = claimed_at
        self.cause: Cause | None = None  # the first cause, but LOST replaces others
        self.why_lost = ""  # in words
        self.stopped = threading.Event()  # there is a cause
        self.lost = threading.Event()  # nothing may be reported of the run any more

    def __enter__(self) -> Lease:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(JOIN_TIMEOUT)

    def tell(self, beat: Beat) -> None:
        """Set what the next heartbeat reports."""
        self._beat = beat

    def stop(self, cause: Cause, why: str = "") -> None:
        """End the run for this cause."""
        with self._lock:
            if self.cause is None or cause is Cause.LOST:
                self.cause = cause
            self.why_lost = self.why_lost or why
        if cause is Cause.LOST:
            self.lost.set()
        self.stopped.set()

    def check(self) -> None:
        """Raise StopError if the run is to end."""
        if self.stopped.is_set():
            raise StopError(f"the run is to end: {self.cause}")

    def wait(self, seconds: float) -> None:
        """Wait, and then until the platform answers; raise StopError if the run is to end."""
        self.stopped.wait(seconds)
        while self.answered_since is None and not self.stopped.wait(FIRST_PAUSE):
            pass
        self.check()

    def _send_heartbeats(self) -> None:
        pauses = grow_pauses(FIRST_PAUSE, self._hold.heartbeat)
        pause = self._hold.heartbeat
        while not self._ended.wait(pause) and not self.lost.is_set():
            try:
                self._renew()
            except (FenceRefusedError, TokenRefusedError) as error:
                # Or its end has just been reported: the reporter knows.
                self.stop(Cause.LOST, str(error))
            except PlatformError as error:
                self._note_silence(str(error))
                pause = next(pauses)
            except Exception as error:  # a bug of ours: the clock ends the run
                self._note_silence(type(error).__name__)
                pause = next(pauses)
            else:
                pauses = grow_pauses(FIRST_PAUSE, self._hold.heartbeat)
                pause = self._hold.heartbeat

    def _note_silence(self, why: str) -> None:
        # Of an absence of half an hour one line is logged.
        if self.answered_since is None:
            return
        self.answered_since = None
        logger.warning(
            "run %s: a heartbeat failed: %s; the run continues for %.0f s unless the platform "
            "answers",
            self._hold.run,
            why,
            max(self._until - time.monotonic(), 0),
        )

    def _renew(self) -> None:
        sent = time.monotonic()
        # The platform expects to hear from us within a lease: no try takes longer.
        timeout = max(min(ANSWER_TIMEOUT, self._hold.lease, self._until - sent), 0.1)
        renewal = self._platform.beat(self._hold, self._beat, Patience(timeout, timeout))
        self._until = sent + max(renewal.lease, self._patience)
        if self.answered_since is None:
            self.answered_since = sent
            logger.info("run %s: the platform answers again", self._hold.run)
        if renewal.is_cancelled:
            self.stop(Cause.CANCELLED)

    def _watch_the_clock(self) -> None:
        while not self._ended.wait(max(self._until - time.monotonic(), 0.0)):
            if time.monotonic() >= self._until:
                self.stop(Cause.LOST, "no heartbeat was answered for too long (NODE_PATIENCE)")
                return
