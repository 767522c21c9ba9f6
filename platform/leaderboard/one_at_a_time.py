"""Locks by key between the threads of a process, so that the same work is done once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from weakref import WeakValueDictionary

LONGEST_WAIT = 2.0  # seconds


class LocksByKey:
    """A lock for each key, as long as a thread holds it or waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._locks: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()

    @contextmanager
    def hold(self, key: Hashable) -> Iterator[None]:
        """Hold the lock of a key, or go on without it after a while: its holder may be stuck."""
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        is_held = lock.acquire(timeout=LONGEST_WAIT)
        try:
            yield
        finally:
            if is_held:
                lock.release()
