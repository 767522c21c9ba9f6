"""Executes a run on this machine: fetches the image, runs the container, returns the result."""

from __future__ import annotations

import logging

from evaluator import container
from evaluator.container import EngineError, Outcome, RunProgress, RunResult
from evaluator.container.errors import ImageUnavailableError, Step
from evaluator.container.limits import in_bytes
from evaluator.container.running import OUR_SIDE
from evaluator.node.errors import FenceRefusedError, StopError, TokenRefusedError
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.protocol.client import Beat, MachineOffer
from evaluator.node.protocol.run_assignment import RunAssignment
from evaluator.node.work.faults import format_path, name_place
from evaluator.node.work.lease import Cause, Lease

logger = logging.getLogger(__name__)


def execute(
    assignment: RunAssignment, lease: Lease, images: ImageCache, machine: MachineOffer
) -> RunResult:
    """Execute a run and return its result, whatever happened. The run ends with its lease."""
    try:
        lease.check()
        refusal = _find_misfit(assignment, machine)
        return refusal or _fetch_and_run(assignment, lease, images, machine)
    except StopError:
        return RunResult(Outcome.CANCELLED, "The run was cancelled before it began.")
    except (FenceRefusedError, TokenRefusedError) as error:
        lease.stop(Cause.LOST, str(error))
        return RunResult(Outcome.CANCELLED, "The run is another node's.")
    except ImageUnavailableError as error:
        return blame_our_side(Outcome.IMAGE_UNAVAILABLE, str(error), error.step)
    except EngineError as error:
        return blame_our_side(Outcome.ENGINE_ERROR, str(error), error.step)
    except Exception as error:  # the platform is told, and the node goes on
        logger.error("run %s: %s", assignment.hold.run, format_path(error))
        return blame_our_side(Outcome.ENGINE_ERROR, name_place(error))


def blame_our_side(outcome: Outcome, detail: str, step: Step | None = None) -> RunResult:
    """Return the result of a run that failed on our side."""
    return RunResult(outcome, OUR_SIDE, detail=detail, step=step)


def _fetch_and_run(
    assignment: RunAssignment, lease: Lease, images: ImageCache, machine: MachineOffer
) -> RunResult:
    count = len(assignment.segments)
    lease.tell(Beat("fetching", 0, count, None))
    images.fetch(assignment.image, check=lease.check, wait=lease.wait)
    lease.tell(Beat("running", 0, count, None))

    def tell(now: RunProgress) -> None:
        lease.tell(Beat("running", now.done, now.segments, now.memory))

    return container.run(
        assignment.image.digest,
        assignment.segments,
        assignment.setting,
        assignment.limits,
        runtime=machine.runtime,
        cpus=machine.cpus,
        gpus=assignment.gpus,
        quote=assignment.quote,
        on_progress=tell,
        cancel=lease.stopped,
    )


def _find_misfit(assignment: RunAssignment, machine: MachineOffer) -> RunResult | None:
    """Return the result of a run that this machine can't execute, None if it can."""
    unknown = [gpu for gpu in assignment.gpus if gpu not in machine.gpus]
    if unknown:
        return blame_our_side(Outcome.NO_GPU, f"this node has no GPU {', '.join(unknown)}")
    if assignment.limits.memory > machine.memory:
        needed, offered = in_bytes(assignment.limits.memory), in_bytes(machine.memory)
        return blame_our_side(
            Outcome.ENGINE_ERROR, f"the run may take {needed} of memory, this node offers {offered}"
        )
    return None
