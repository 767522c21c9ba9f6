"""The folder of a node: private, and used by a single process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

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
        with _open_lock(path) as lock:
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


def _open_lock(path: Path) -> IO[str]:
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        path.chmod(PRIVATE)
        return (path / "lock").open("w")
    except OSError as error:
        raise SettingsError(
            f"The folder {path} can't be used ({error.strerror}). Make it the node's user's own, "
            "or name another one in NODE_STATE_DIR."
        ) from None
