"""A node's checks of itself, before it takes more work: its folder, engine and GPUs.

After a failure they show whether the image or the machine was at fault.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from evaluator.container import MB, EngineError, Limits
from evaluator.container.errors import Step
from evaluator.container.limits import in_bytes
from evaluator.errors import InfrastructureError
from evaluator.node.errors import NodeError, StopError
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.probe import LIMITS, probe
from evaluator.node.protocol.client import MachineOffer, NodeHealth, Platform
from evaluator.node.protocol.run_assignment import RunAssignment

TRIAL = "trial"  # a file that is written and removed
TRIAL_BYTES = 64 * 1024
# A check asks for no more room: one larger image must not keep all others waiting.
ROOM_AT_MOST = 1024 * MB
CONTAINER_ROOM = 256 * MB  # on the engine's disk: more than a container takes before it runs
FREE_INODES = 10_000
PLENTY = 2  # times the bytes of its files that an image may take of the engine's disk


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """Checks this node. Its methods change nothing, and may be called during a run."""

    folder: Path
    machine: MachineOffer
    images: ImageCache
    platform: Platform | None = None  # which takes hypotheses
    ending: threading.Event = field(default_factory=threading.Event)  # the node is to end

    def check(self) -> NodeHealth:
        """Check everything that work needs; return whether this node is fit, and if not, why.

        The last transfers from and to the platform are tried again if they failed, however long
        that takes: the node has nothing else to do until they succeed.
        """
        health = self._look(LIMITS, [[gpu] for gpu in self.machine.gpus] or [[]], None)
        if not health.is_fit:
            return health
        try:
            self.images.try_again(check=self._require_going_on, wait=self.ending.wait)
            if self.platform is not None:
                self.platform.try_upload()
        except InfrastructureError as error:
            return NodeHealth(False, f"what failed last fails again: {error}")
        except Exception as error:
            return NodeHealth(False, f"its own check failed: {type(error).__name__}")
        return health

    def cancel(self) -> None:
        """Cancel the current check, and each later check."""
        self.ending.set()

    def _require_going_on(self) -> None:
        if self.ending.is_set():
            raise StopError("this node is to end")

    def prove(
        self, assignment: RunAssignment, step: Step | None, cancel: threading.Event
    ) -> NodeHealth:
        """Check with the limits and GPUs of a run that failed at this step of the engine.

        If the machine is fit, the image is the reason: then the answer has the step.
        """
        health = self._look(assignment.limits, [assignment.gpus], cancel)
        doubt = _find_doubt(step, assignment) if step is not None else ""
        if not health.is_fit or doubt:
            return NodeHealth(health.is_fit, health.text or doubt)
        return NodeHealth(True, "", step)

    def _look(
        self, limits: Limits, leases: Sequence[Sequence[str]], cancel: threading.Event | None
    ) -> NodeHealth:
        try:
            require_folder(self.folder, self.images.room_needed)
            for gpus in leases:
                machine = self.machine
                fault = probe(machine.runtime, gpus, limits, cpus=machine.cpus, cancel=cancel)
                if fault:
                    what = f"with GPU {', '.join(gpus)}" if gpus else "at all"
                    raise EngineError(
                        f"its engine does not run the known good image {what}: {fault}"
                    )
        except InfrastructureError as error:
            return NodeHealth(False, str(error))
        except Exception as error:  # a node that can't check itself is not fit
            return NodeHealth(False, f"its own check failed: {type(error).__name__}")
        return NodeHealth(True, "")


def _find_doubt(step: Step, assignment: RunAssignment) -> str:
    """Return why the image may not be at fault: the known good image needs almost nothing.

    The disk of an engine on another machine can't be checked. Many small files take more room
    than their bytes, so there has to be plenty.
    """
    from evaluator.container.engine import Engine

    try:
        with contextlib.closing(Engine.connect()) as engine:
            folder = engine.resources.folder
            disk = os.statvfs(folder)
    except (EngineError, OSError) as error:
        # The layers of the known good image are too small to prove anything about a disk. But its
        # container was created and started there, as the run's container should have been.
        is_open = step == "load"
        return f"whether its engine's disk has room is not known: {error}" if is_open else ""
    needed = PLENTY * assignment.image.unpacked if step == "load" else CONTAINER_ROOM
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        return f"its engine's disk has room for {in_bytes(free)}; {in_bytes(needed)} are needed"
    if disk.f_files and disk.f_favail < FREE_INODES:  # some file systems do not count them
        return f"its engine's disk has room for only {disk.f_favail:,} more files"
    # Other programs may have taken the memory: a limit reserves nothing. And it may be all the
    # memory of the machine, which is never all free.
    limit, memory = assignment.limits.memory, psutil.virtual_memory()
    if memory.available >= min(limit, memory.total // 2):
        return ""
    return (
        f"its machine has {in_bytes(memory.available)} of free memory, the run may take "
        f"{in_bytes(limit)}"
    )


def require_folder(folder: Path, room: int) -> None:
    """Raise NodeError unless the folder can be written to and has room for so many bytes."""
    path = folder / TRIAL
    try:
        try:
            with path.open("wb") as file:
                file.write(bytes(TRIAL_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            path.unlink(missing_ok=True)
        has = shutil.disk_usage(folder)
    except OSError as error:
        raise NodeError(
            f"its folder {folder} (NODE_STATE_DIR) can't be written to: {error.strerror}"
        ) from error
    needed = min(room, ROOM_AT_MOST)
    if has.free < needed <= has.total:
        raise NodeError(
            f"its folder {folder} (NODE_STATE_DIR) has room for {in_bytes(has.free)}, an archive "
            f"needed {in_bytes(room)}"
        )
