"""Scoring on a machine: many entries at once, or one entry alone."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.conf import settings

from config.locks import FileLock

LOOK_EVERY = 0.05  # seconds


class NotNow(Exception):
    """No entry may begin to be scored on this machine at the moment."""


@contextmanager
def enter_room(*, alone: bool) -> Iterator[None]:
    """Score beside others or alone. Raises NotNow after a while.

    All go through a gate. A process that has to be alone stays in it, so that the room empties.
    """
    # A process that scores alone waits for all that have begun, others only for the gate.
    within = settings.SCORING_DWELL / (5 if alone else 20)
    # STATE_DIR may be shared by machines, and each machine has its own room.
    folder = settings.STATE_DIR / "turns" / socket.gethostname()
    with closing(FileLock(folder / "gate")) as gate, closing(FileLock(folder / "room")) as room:
        _lock(gate, within)
        _lock(room, within, shared=not alone)
        if not alone:
            gate.unlock()
        yield


def _lock(lock: FileLock, within: float, *, shared: bool = False) -> None:
    deadline = time.monotonic() + within
    while not lock.try_lock(shared=shared):
        if time.monotonic() > deadline:
            raise NotNow
        time.sleep(LOOK_EVERY)
