"""The number of uploads that a person may have in progress: a locked file for each."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from config.locks import FileLock


class Slot:
    """An upload in progress; `end` makes room for the next."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def end(self) -> None:
        self._lock.close()


def take_slot(person: int) -> Slot | None:
    """Begin an upload of a person, or return None if too many are in progress. Raises OSError."""
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
