"""The folder of a node: private, and used by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from evaluator.node.errors import SettingsError

PRIVATE = 0o700
OTHERS = 0o077  # what nobody else may do


@contextlib.contextmanager
def lock_folder(path: Path) -> Iterator[Path]:
    """Create the folder if needed, and yield it: private, and locked against other processes.

    Raises SettingsError if it can't be used.
    """
    before = os.umask(OTHERS)  # every file in it is private as well
    try:
        try:
            path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            path.chmod(PRIVATE)
            lock = (path / "lock").open("w")
        except OSError as error:
            raise SettingsError(
                f"The folder {path} can't be used ({error.strerror}). Make it the node's user's "
                "own, or name another one in NODE_STATE_DIR."
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SettingsError(
                    f"Another node is using the folder {path}. Give each one its own by "
                    "NODE_STATE_DIR."
                ) from None
            yield path
    finally:
        os.umask(before)
