"""Identifies this process: two processes with the same token would take each other's work."""

from __future__ import annotations

import logging
import os
import platform as system
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

NAME = "processes"  # in the node's folder: the ids of the last processes, the newest first
ID_BYTES = 16
REMEMBERED = 8
UNWRITABLE = (
    "%s can't be written (%s): after a restart this node waits until the platform has not heard "
    "from it for a lease"
)


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """A process of a node, as claims describe it."""

    id: str  # of this start only
    host: str
    pid: int
    since: float  # seconds since 1970
    replaces: tuple[str, ...] = ()  # ids of earlier processes with this folder: they are dead


def introduce(folder: Path) -> NodeProcess:
    """Return this process, and remember it in the folder, which it has to itself.

    This tells a restart from a second process beside the first: the holder of the folder's lock
    knows that all earlier processes are dead. A copy of the folder on another machine does not
    know the later processes of the first machine.
    """
    path = folder / NAME
    try:
        words = path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        words = []
    earlier = tuple(word for word in words if len(word) == 2 * ID_BYTES)[:REMEMBERED]
    own = secrets.token_hex(ID_BYTES)
    # Written over the old text: a full disk takes nothing else.
    text = "\n".join([own, *earlier][:REMEMBERED]).ljust(REMEMBERED * (2 * ID_BYTES + 1))
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        logger.warning(UNWRITABLE, path, error.strerror)
    return NodeProcess(own, system.node(), os.getpid(), time.time(), earlier)
