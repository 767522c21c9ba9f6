"""Containers and images that outlived their process, found by their labels and removed."""

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
        OWNER: _owner(os.getpid()),
        UNTIL: f"{time.time() + wall_time + SPARE:.0f}",
    }


def remove_orphans(engine: Engine, *, own: bool = False) -> int:
    """Remove what a killed process of this machine left, and all that is past its time.

    With `own` also what this process has. Runs of other living processes, on this machine or
    another one, are left alone. The known good images of proofs that were cut off go, too.
    Returns how many containers are gone.
    """
    removed = 0
    for found in engine.labelled(LABEL):
        is_own = own and found.labels.get(OWNER) == _owner(os.getpid())
        if not is_own and not _is_orphan(found.labels):
            continue
        logger.warning("removing container %s: nobody is waiting for it", found.id[:12])
        try:
            engine.remove(found.id)
        except EngineError as error:
            logger.warning("container %s can't be removed: %s", found.id[:12], str(error))
        else:
            removed += 1
    for found in engine.labelled_images(PROOF):
        if _is_orphan(found.labels):
            engine.remove_image(found.id, force=True)
    return removed


def _is_orphan(labels: Mapping[str, str]) -> bool:
    until = labels.get(UNTIL, "")
    if until.isdecimal() and time.time() > int(until):
        return True
    here, _, process = labels.get(OWNER, "").rpartition(" ")
    pid = process.partition(":")[0]
    return here == _here() and pid.isdecimal() and _owner(int(pid)) != labels[OWNER]


def _owner(pid: int) -> str:
    """Name a process so that no later one is taken for it: `machine process:start`."""
    return f"{_here()} {pid}:{_started(pid)}"


def _here() -> str:
    """Name this machine and, where there are such, this container: process ids differ in each."""
    try:
        names = [os.readlink("/proc/self/ns/pid")]
    except OSError:  # no Linux
        names = []
    return "/".join([platform.node(), *names])


def _started(pid: int) -> str:
    """Return when a process began, in the system's own unit; empty if there is none."""
    try:
        # Its name, in parentheses, may hold anything; field 22 is the twentieth behind it.
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
