"""Files on their way in: written beside the storage, which then moves them and copies nothing."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

from files.trouble import NoRoom

logger = logging.getLogger(__name__)

LEFT_AFTER = 3600  # seconds without a byte; the server gives up on an upload after 30
LOOK_EVERY = 4 * 1024 * 1024  # bytes written between two looks at the disk
KIND = "application/octet-stream"


class IncomingFile(TemporaryUploadedFile):
    """A temporary file beside the storage, gone when it is closed, unless it was stored.

    If it is written from its start to its end, its digest is known then without reading it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, KIND, 0, None)
        self._sha256 = hashlib.sha256()
        self._written = 0  # bytes; where the next ones have to stand
        self._is_in_order = True
        self._unchecked = 0  # bytes since the last look at the disk

    def write(self, data: Any, /) -> int:
        """Write on. Raises NoRoom before the disk is full."""
        assert self.file is not None
        self._unchecked += len(data)
        if self._unchecked > LOOK_EVERY:
            require_room(self._unchecked)
            self._unchecked = 0
        self._is_in_order = self._is_in_order and self.file.tell() == self._written
        if self._is_in_order:
            self._sha256.update(data)
            self._written += len(data)
        return self.file.write(data)

    @property
    def digest(self) -> tuple[str, int] | None:
        """Return the SHA-256 of what was written and its length, if it was written in order."""
        return (self._sha256.hexdigest(), self._written) if self._is_in_order else None


class IncomingUploadHandler(TemporaryFileUploadHandler):
    """Streams an upload into a file of ours, never into memory."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = IncomingFile(self.file_name or "unnamed")


def close_all(handlers: Iterable[object]) -> None:
    """Close what an upload was written to: Django leaves it open where the upload breaks off.

    It would stay on the disk until the interpreter collects it.
    """
    for handler in handlers:
        if file := getattr(handler, "file", None):
            file.close()


def require_room(size: int) -> None:
    """Raise NoRoom if the disk has none for so many bytes."""
    if shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free - size < settings.MIN_FREE_BYTES:
        logger.error("no room for %s bytes in %s", f"{size:,}", settings.FILE_UPLOAD_TEMP_DIR)
        raise NoRoom


def remove_leftovers() -> int:
    """Remove what processes that were killed have left; return how many files."""
    removed = sum(
        _remove_if_left(path)
        for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()
        if path.is_file()
    )
    if removed:
        logger.info("removed %s uploads that were broken off", removed)
    return removed


def _remove_if_left(path: Path) -> bool:
    try:
        if time.time() - path.stat().st_mtime < LEFT_AFTER:
            return False
        path.unlink()
    except FileNotFoundError:  # it was stored, or is gone, meanwhile
        return False
    return True
