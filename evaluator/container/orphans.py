"""Removes containers and images that outlived their process; labels tell their owners."""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.container.errors import EngineError

if TYPE_CHECKING:
    from evaluator.container.engine import Engine

logger = logging.getLogger(__name__)

LABEL = "terminarium"  # on every container of ours
PROOF = "terminarium.proof"  # on every known good image; its containers inherit it
OWNER = "terminarium.owner"  # the process that started it
UNTIL = "terminarium.until"  # seconds since 1970, by the owner's clock: nothing runs longer
SPARE = 300  # seconds past the wall time in which a run has to end by itself


def labels(wall_time: float) -> dict[str, str]:
    """Return the labels of a container that this process is about to start."""
    return {
        LABEL: "run",
        OWNER: _name_process(os.getpid()),
        UNTIL: f"{time.time() + wall_time + SPARE:.0f}",
    }


def remove_orphans(engine: Engine, *, own: bool = False) -> int:
    """Remove the containers of killed processes of this machine, and those past their time.

    With `own`, also the containers of this process. Runs of other living processes, on this
    machine or others, stay. Known good images left by interrupted checks go, too. Return the
    number of containers removed.
    """
    removed = 0
    for container in engine.labelled(LABEL):
        is_own = own and container.labels.get(OWNER) == _name_process(os.getpid())
        if not is_own and not _is_orphan(container.labels):
            continue
        logger.warning("removing container %s: nobody is waiting for it", container.id[:12])
        try:
            engine.remove(container.id)
        except EngineError as error:
            logger.warning("container %s can't be removed: %s", container.id[:12], str(error))
        else:
            removed += 1
    for image in engine.labelled_images(PROOF):
        if _is_orphan(image.labels):
            engine.remove_image(image.id, force=True)
    return removed


def _is_orphan(labels: Mapping[str, str]) -> bool:
    until = labels.get(UNTIL, "")
    if until.isdecimal() and time.time() > int(until):
        return True
    here, _, process = labels.get(OWNER, "").rpartition(" ")
    pid = process.partition(":")[0]
    return here == _name_machine() and pid.isdecimal() and _name_process(int(pid)) != labels[OWNER]


def _name_process(pid: int) -> str:
    """Name a process; the start tells it from later processes: `machine process:start`."""
    return f"{_name_machine()} {pid}:{_find_start(pid)}"


def _name_machine() -> str:
    """Name this machine and, on Linux, the container: process ids differ in each."""
    try:
        names = [os.readlink("/proc/self/ns/pid")]
    except OSError:  # no Linux
        names = []
    return "/".join([platform.node(), *names])


def _find_start(pid: int) -> str:
    """Return when a process began, in the system's own unit; empty if it is not there."""
    try:
        # Its name, in parentheses, may hold anything; field 22 is the twentieth after it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "runs"
