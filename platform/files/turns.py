"""How many uploads a person may have under way: a lock on a file for each.

The kernel lets a lock go when its process ends, however it ends; no row has to be tidied up.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from django.conf import settings


class Turn:
    """An upload under way; `end` makes room for the next."""

    def __init__(self, file: int) -> None:
        self._file = file

    def end(self) -> None:
        os.close(self._file)


def take_turn(person: int) -> Turn | None:
    """Begin an upload of a person's, or return None if so many are under way. Raises OSError."""
    folder = Path(settings.STATE_DIR) / "turns"
    folder.mkdir(exist_ok=True)
    for number in range(settings.UPLOADS_AT_ONCE):
        file = os.open(folder / f"{person}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
        except BaseException:
            os.close(file)
            raise
        else:
            return Turn(file)
    return None
