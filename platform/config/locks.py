"""Locks on files, between the processes of a machine.

The kernel lets a lock go when its process ends, however it ends; no row has to be tidied up.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """A file that can be locked; `close` ends its lock."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make it and its folder. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_lock(self, *, shared: bool = False) -> bool:
        """Lock the file, or return False if others hold it. Raises OSError."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self) -> None:
        """Let others lock it; it can be locked again."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, and end the lock."""
        os.close(self._file)
