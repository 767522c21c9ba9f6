"""Locks by key between the threads of a process, so that the same work is done once."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from weakref import WeakValueDictionary


class LocksByKey:
    """A lock for each key, as long as a thread holds it or waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._locks: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()

    def of(self, key: Hashable) -> Lock:
        """Return the lock of a key."""
        with self._lock:
            return self._locks.setdefault(key, Lock())
