"""Checks that a node makes of itself before it takes more work: its folder, engine and GPUs.

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
# Room that a check asks for at most: one image that is larger must not keep all others waiting.
ROOM_AT_MOST = 1024 * MB
CONTAINER_ROOM = 256 * MB  # of the engine's disk: more than a container takes before it runs
FREE_INODES = 10_000
PLENTY = 2  # times the bytes of its files that an image may take of the engine's disk


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """Checks a node. Its methods change nothing, and may be called while a run is ours."""

    folder: Path
    machine: MachineOffer
    images: ImageCache
    platform: Platform | None = None  # that hypotheses are sent to
    ending: threading.Event = field(default_factory=threading.Event)  # the node is to end

    def check(self) -> NodeHealth:
        """Check all that work needs: return whether this node is fit, and if not, why.

        What was not taken from the platform or by it is tried again, however long that takes: the
        node has nothing else to do until it works.
        """
        health = self._look(LIMITS, [[gpu] for gpu in self.machine.gpus] or [[]], None)
        return self._try_ways() if health.is_fit else health

    def cancel(self) -> None:
        """Cancel the current check, and each later one."""
        self.ending.set()

    def _try_ways(self) -> NodeHealth:
        try:
            self.images.try_again(check=self._require_going_on, wait=self.ending.wait)
            if self.platform is not None:
                self.platform.try_upload()
        except InfrastructureError as error:
            return NodeHealth(False, f"what failed last fails again: {error}")
        except Exception as error:
            return NodeHealth(False, f"its own check failed: {type(error).__name__}")
        return NodeHealth(True, "")

    def _require_going_on(self) -> None:
        if self.ending.is_set():
            raise StopError("this node is to end")

    def prove(
        self, assignment: RunAssignment, step: Step | None, cancel: threading.Event
    ) -> NodeHealth:
        """Check with the very limits and GPUs of a run that failed, at this step of the engine.

        A machine that is fit and yet has failed leaves the image as the reason: then the answer
        has the step.
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
                self._require_run(limits, gpus, cancel)
        except InfrastructureError as error:
            return NodeHealth(False, str(error))
        except Exception as error:  # a node that can't even check itself is not fit
            return NodeHealth(False, f"its own check failed: {type(error).__name__}")
        return NodeHealth(True, "")

    def _require_run(
        self, limits: Limits, gpus: Sequence[str], cancel: threading.Event | None
    ) -> None:
        fault = probe(self.machine.runtime, gpus, limits, cpus=self.machine.cpus, cancel=cancel)
        if fault:
            what = f"with GPU {', '.join(gpus)}" if gpus else "at all"
            raise EngineError(f"its engine does not run the known good image {what}: {fault}")


def _find_doubt(step: Step, assignment: RunAssignment) -> str:
    """Return why the image may not be at fault: the known good image needs almost nothing.

    An engine elsewhere keeps them on a disk that can't be looked at. Many small files take
    more room than their bytes, so there has to be plenty.
    """
    from evaluator.container.engine import Engine

    try:
        with contextlib.closing(Engine.connect()) as engine:
            folder = engine.resources.folder
            disk = os.statvfs(folder)
    except (EngineError, OSError) as error:
        # The layers of the known good image are too small to say anything of a disk. Its container
        # was made and started there, as the other one's should have been.
        is_open = step == "load"
        return f"whether its engine's disk has room is not known: {error}" if is_open else ""
    needed = PLENTY * assignment.image.unpacked if step == "load" else CONTAINER_ROOM
    return _find_lack_of_disk(disk, needed) or _find_lack_of_memory(assignment.limits.memory)


def _find_lack_of_disk(disk: os.statvfs_result, needed: int) -> str:
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        return f"its engine's disk has room for {in_bytes(free)}; {in_bytes(needed)} are needed"
    if disk.f_files and disk.f_favail < FREE_INODES:  # some file systems do not count them
        return f"its engine's disk has room for only {disk.f_favail:,} more files"
    return ""


def _find_lack_of_memory(limit: int) -> str:
    """Return what a machine lacks whose memory others have taken.

    A limit is not reserved, and may be all that the machine has, which is never free.
    """
    memory = psutil.virtual_memory()
    needed = min(limit, memory.total // 2)
    if memory.available >= needed:
        return ""
    return (
        f"its machine has {in_bytes(memory.available)} of free memory, the run may take "
        f"{in_bytes(limit)}"
    )


def require_folder(folder: Path, room: int) -> None:
    """Raise NodeError unless a file can be written to the folder and so many bytes are free."""
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
