"""How many uploads a person may have under way: a lock on a file for each slot."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from config.locks import FileLock


class Slot:
    """An upload under way; `end` makes room for the next."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def end(self) -> None:
        self._lock.close()


def take_slot(person: int) -> Slot | None:
    """Begin an upload of a person's, or return None if so many are under way. Raises OSError."""
    folder = Path(settings.STATE_DIR) / "turns"
    for number in range(settings.UPLOADS_AT_ONCE):
        lock = FileLock(folder / f"{person}-{number}")
        try:
            if lock.try_lock():
                return Slot(lock)
        except BaseException:
            lock.close()
            raise
        lock.close()
    return None
