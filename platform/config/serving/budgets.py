"""A limit on what all connections of a process keep together."""

from __future__ import annotations

import threading


class SharedBudget:
    """A number of bytes that threads take from and give back to."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Take so many bytes; return whether there were enough."""
        with self._lock:
            if self.taken + count > self.limit:
                return False
            self.taken += count
            return True

    def give_back(self, count: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.taken -= count
