"""Content-addressed files: put, open, and the removal of what nothing refers to."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import IO, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from files.models import StoredFile

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024  # bytes
UNUSED_FOR = timedelta(days=1)  # an upload in progress has its file before its row
COLLECT_AT_MOST = 200  # files in one go, so that a sweep stays short


class FileTooLarge(Exception):
    """The stream holds more bytes than allowed."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes:,} bytes, the most we take.")
        self.max_bytes = max_bytes


def put(stream: IO[bytes], *, max_bytes: int) -> StoredFile:
    """Store a seekable stream; equal bytes are stored once."""
    sha256, size = _digest(stream, max_bytes=max_bytes)
    if found := _reuse(sha256):
        return found
    # The random part: two uploads of the same new bytes never write to one name.
    key = f"{sha256[:2]}/{sha256}-{secrets.token_hex(4)}"
    stream.seek(0)
    key = default_storage.save(key, File(stream, name=key))
    try:
        with transaction.atomic():
            return StoredFile.objects.create(
                sha256=sha256, size=size, key=key, used_at=timezone.now()
            )
    except IntegrityError:
        default_storage.delete(key)
        return StoredFile.objects.get(sha256=sha256)


def open_file(file: StoredFile) -> BinaryIO:
    """Open the bytes for reading."""
    return cast("BinaryIO", default_storage.open(file.key, "rb"))  # Django's File acts like one


def collect_garbage() -> int:
    """Remove files that nothing has referred to for a day; return how many."""
    before = timezone.now() - UNUSED_FOR
    removed = 0
    for file in _unreferenced().filter(used_at__lt=before)[:COLLECT_AT_MOST]:
        if _remove(file, before=before):
            default_storage.delete(file.key)
            removed += 1
    if removed:
        logger.info("removed %s files that nothing refers to", removed)
    return removed


def _remove(file: StoredFile, *, before: datetime) -> bool:
    # The lock: an upload of the same bytes at this moment either keeps the row or finds none.
    try:
        with transaction.atomic():
            unused = StoredFile.objects.select_for_update().filter(pk=file.pk, used_at__lt=before)
            return bool(unused) and bool(file.delete()[0])
    except (models.ProtectedError, IntegrityError):
        return False


def _digest(stream: IO[bytes], *, max_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise FileTooLarge(max_bytes)
        digest.update(chunk)
    return digest.hexdigest(), size


def _reuse(sha256: str) -> StoredFile | None:
    same = StoredFile.objects.filter(sha256=sha256)
    if not same.update(used_at=timezone.now()):
        return None
    return same.get()


def _unreferenced() -> models.QuerySet[StoredFile]:
    unreferenced = StoredFile.objects.all()
    for relation in StoredFile._meta.related_objects:
        unreferenced = unreferenced.filter(
            **{f"{relation.field.related_query_name()}__isnull": True}
        )
    return unreferenced
