"""Who scores beside whom on one machine: all at once, or an entry alone.

Locks of the system on two files: it lets them go when a process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

LOOK_EVERY = 0.05  # seconds


class NotNow(Exception):
    """Nobody may begin to score on this machine at the moment."""


@contextmanager
def take_turn(*, alone: bool) -> Iterator[None]:
    """Hold a turn to score, beside others or alone. Raises NotNow after a while.

    Everybody goes through a gate. Whoever is to be alone stays in it, so that the room empties.
    """
    # Somebody alone waits for those who have begun, everybody else for the gate only.
    within = settings.SCORING_DWELL / (5 if alone else 20)
    with _file("gate") as gate, _file("room") as room:
        _lock(gate, fcntl.LOCK_EX, within)
        _lock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH, within)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@contextmanager
def _file(name: str) -> Iterator[int]:
    # STATE_DIR may be shared by machines, and a turn is of one of them.
    folder = settings.STATE_DIR / "turns" / socket.gethostname()
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # and with it the lock


def _lock(descriptor: int, kind: int, within: float) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise NotNow from None
            time.sleep(LOOK_EVERY)
        else:
            return
