"""The loop of a node that was woken: claim, execute, report, until nothing waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from evaluator import container
from evaluator.container import EngineError, Outcome, RunResult
from evaluator.node.errors import AssignmentError, PlatformError, TokenRefusedError
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.protocol.client import MachineOffer, NodeHealth, Platform
from evaluator.node.protocol.pauses import grow_pauses
from evaluator.node.protocol.run_assignment import Hold, RunAssignment, read_assignment, read_hold
from evaluator.node.work.execution import blame_our_side, execute
from evaluator.node.work.faults import format_path
from evaluator.node.work.lease import Cause, Lease
from evaluator.node.work.reporter import Reporter

logger = logging.getLogger(__name__)

FIRST_PAUSE = 1  # seconds after a run, or a claim, that failed on our side
LONGEST_PAUSE = 60  # seconds
OURS = frozenset(str(outcome) for outcome in Outcome if outcome.is_ours)


class Work:
    """Executes runs in turn. Any thread may call `stop`, also before anything began."""

    def __init__(
        self,
        platform: Platform,
        images: ImageCache,
        machine: MachineOffer,
        fitness: SelfCheck,
        *,
        grace: float,
        patience: float,
        on_refusal: Callable[[], object],
    ) -> None:
        self._platform = platform
        self._images = images
        self._machine = machine
        self._fitness = fitness
        self._grace = grace  # seconds
        self._patience = patience  # seconds, with a platform that does not answer
        self._on_refusal = on_refusal  # called when the platform does not know our token any more
        self._busy = threading.Lock()
        self._ending = threading.Event()
        self._lease: Lease | None = None  # of the run that is under way
        self._was_drained = False
        self._is_in_doubt = False  # then the node checks itself before it begins anything

    def wake(self) -> None:
        """Claim runs until nothing waits; do nothing if another thread is claiming already."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            pauses = grow_pauses(FIRST_PAUSE, LONGEST_PAUSE)
            while not self._ending.is_set():
                try:
                    went_well = self._step()
                except Exception as error:  # a bug of ours must neither end the node nor spin
                    logger.error("%s", format_path(error))
                    went_well = False
                if went_well is None:
                    return
                if went_well:
                    pauses = grow_pauses(FIRST_PAUSE, LONGEST_PAUSE)
                else:
                    self._ending.wait(next(pauses))
        finally:
            self._busy.release()

    def stop(self) -> None:
        """Begin nothing more; hand the current run back unless it ends within the grace."""
        self._ending.set()
        self._fitness.cancel()
        if self._grace and self._lease is not None:
            logger.info("the run under way has %g s to end", self._grace)
            timer = threading.Timer(self._grace, self._hand_back)
            timer.daemon = True
            timer.start()
        else:
            self._hand_back()

    def _hand_back(self) -> None:
        lease = self._lease
        if lease is not None:
            lease.stop(Cause.HANDED_BACK)

    def _step(self) -> bool | None:
        """Do the next run; return whether our side did its part, None if nothing waits."""
        try:
            health = self._check() if self._is_in_doubt else None
            if health is None or health.is_fit:
                container.sweep(own=True)  # without an engine this raises, and nothing is claimed
            claimed_at = time.monotonic()
            answer = self._platform.claim(self._machine, health)
        except TokenRefusedError as error:
            logger.error("%s", error)
            self._on_refusal()
            return None
        except (PlatformError, EngineError) as error:
            logger.warning("nothing is claimed: %s", error)
            return False
        if answer.is_drained and not self._was_drained:
            logger.warning("the platform has drained this node: it gives it nothing to run")
        self._was_drained = answer.is_drained
        if health is not None and not health.is_fit:
            return False  # checked again after a pause
        self._is_in_doubt = answer.wants_check
        if answer.run is None:
            if answer.wait:
                self._ending.wait(answer.wait)
                return True
            # A check that the platform asks for comes at once, and again after a pause.
            return health is None if answer.wants_check else None
        try:
            hold = read_hold(answer.run)
        except AssignmentError as error:
            logger.error("a run is given up, as it can't be understood: %s", error)
            return False
        return self._carry_out(hold, answer.run, claimed_at)

    def _check(self) -> NodeHealth:
        health = self._fitness.check()
        if health.is_fit:
            logger.info("this node has checked itself: it is fit")
        else:
            logger.error("this node takes nothing until its own check passes: %s", health.text)
        return health

    def _carry_out(self, hold: Hold, value: object, claimed_at: float) -> bool:
        """Execute and report a run; return whether our side did its part."""
        with Lease(self._platform, hold, claimed_at, patience=self._patience) as lease:
            self._lease = lease
            try:
                if self._ending.is_set():
                    lease.stop(Cause.HANDED_BACK)
                assignment, result = self._execute(value, lease)
                health = self._explain(assignment, result, lease)
                reporter = Reporter(self._platform, lease, hold, is_ending=self._ending.is_set)
                outcome = reporter.send(result, assignment, health)
            finally:
                self._lease = None
        if outcome is None and lease.why_lost:
            logger.warning("run %s is lost: %s", hold.run, lease.why_lost)
        how = outcome or f"not told ({result.outcome})"
        done, seconds = result.done, result.wall_time
        logger.info("run %s ends: %s, %s segments done, %.1f s", hold.run, how, done, seconds)
        if result.outcome.is_ours:
            logger.warning("run %s: %s", hold.run, result.detail)
        # An image that can't be started must not keep the other runs waiting.
        is_proved = health is not None and health.step is not None
        return outcome is not None and (outcome not in OURS or is_proved)

    def _explain(
        self, assignment: RunAssignment | None, result: RunResult, lease: Lease
    ) -> NodeHealth | None:
        """After a failure on our side, check whether this machine is at fault."""
        if assignment is None or not result.outcome.is_ours or self._ending.is_set():
            return None
        health = self._fitness.prove(assignment, result.step, lease.stopped)
        if lease.stopped.is_set():  # the check was cut short with the run: it proves nothing
            return None
        if not health.is_fit:
            self._is_in_doubt = True
            logger.error("this node failed a run and its own check: %s", health.text)
        return health

    def _execute(self, value: object, lease: Lease) -> tuple[RunAssignment | None, RunResult]:
        try:
            assignment = read_assignment(value)
        except AssignmentError as error:
            return None, blame_our_side(
                Outcome.ENGINE_ERROR, f"the run can't be understood: {error}"
            )
        logger.info(
            "run %s (%s) begins: %s, %s segments, image %s",
            assignment.hold.run,
            assignment.purpose,
            f"{assignment.setting.source_language}-{assignment.setting.target_language}",
            len(assignment.segments),
            assignment.image.digest,
        )
        return assignment, execute(assignment, lease, self._images, self._machine)
