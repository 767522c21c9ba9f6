"""Content-addressed files: put, open, and the removal of what nothing refers to."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import IO, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from files.incoming import IncomingFile
from files.models import StoredFile

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024  # bytes
UNUSED_FOR = timedelta(days=1)  # an upload in progress has its file before its row
LET_GO_AFTER = timedelta(minutes=5)  # and of what nobody wants, a moment
COLLECT_AT_MOST = 200  # files at a time, so that a sweep stays short


class FileTooLarge(Exception):
    """The stream holds more bytes than allowed."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes:,} bytes, the most we take.")
        self.max_bytes = max_bytes


def put(stream: IO[bytes], *, max_bytes: int) -> StoredFile:
    """Store a seekable stream; equal bytes are stored once."""
    sha256, size = _digest(stream, max_bytes=max_bytes)
    if known := _reuse([sha256]):
        return known[sha256]
    file = _save(stream, sha256, size)
    try:
        with transaction.atomic():
            file.save()
    except IntegrityError:
        default_storage.delete(file.key)
        return StoredFile.objects.get(sha256=sha256)
    return file


def put_all(streams: Sequence[IO[bytes]], *, max_bytes: int) -> list[StoredFile]:
    """Store several streams of at most `max_bytes` together, with few queries for all of them."""
    if len(streams) == 1:
        return [put(streams[0], max_bytes=max_bytes)]
    digests: list[tuple[str, int]] = []
    for stream in streams:
        left = max_bytes - sum(size for _, size in digests)
        digests.append(_digest(stream, max_bytes=left))
    kept = _reuse({sha256 for sha256, _ in digests})
    new: dict[str, StoredFile] = {}
    try:
        for stream, (sha256, size) in zip(streams, digests, strict=True):
            if sha256 not in kept and sha256 not in new:
                new[sha256] = _save(stream, sha256, size)
    except OSError:  # the disk is full, say: what was written before has no row
        for file in new.values():
            _discard(file.key)
        raise
    if new:
        StoredFile.objects.bulk_create(new.values(), ignore_conflicts=True)
        kept |= {file.sha256: file for file in StoredFile.objects.filter(sha256__in=new)}
    for sha256, file in new.items():
        if kept[sha256].key != file.key:  # the same bytes came by another upload meanwhile
            default_storage.delete(file.key)
    return [kept[sha256] for sha256, _ in digests]


def open_file(file: StoredFile) -> BinaryIO:
    """Open the bytes for reading."""
    return cast("BinaryIO", default_storage.open(file.key, "rb"))  # Django's File acts like it


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


def let_go(file: StoredFile) -> None:
    """Have a file that nothing refers to any more collected soon, unless it is uploaded anew."""
    seen = timezone.now() - UNUSED_FOR + LET_GO_AFTER
    StoredFile.objects.filter(pk=file.pk, used_at=file.used_at).update(used_at=seen)


def _remove(file: StoredFile, *, before: datetime) -> bool:
    # The lock: an upload of the same bytes at this moment either keeps the row or finds none.
    try:
        with transaction.atomic():
            unused = StoredFile.objects.select_for_update().filter(pk=file.pk, used_at__lt=before)
            return bool(unused) and bool(file.delete()[0])
    except (models.ProtectedError, IntegrityError):
        return False


def _digest(stream: IO[bytes], *, max_bytes: int) -> tuple[str, int]:
    if isinstance(stream, IncomingFile) and (known := stream.digest):  # 25 GB are not read again
        if known[1] > max_bytes:
            raise FileTooLarge(max_bytes)
        return known
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise FileTooLarge(max_bytes)
        digest.update(chunk)
    return digest.hexdigest(), size


def _reuse(digests: Collection[str]) -> dict[str, StoredFile]:
    """Return those that are there already, by their digests."""
    same = StoredFile.objects.filter(sha256__in=digests)
    if not same.update(used_at=timezone.now()):
        return {}
    return {file.sha256: file for file in same}


def _save(stream: IO[bytes], sha256: str, size: int) -> StoredFile:
    """Write the bytes, and return a row that is not saved yet."""
    # The random part: two uploads of the same new bytes never write to the same name.
    key = f"{sha256[:2]}/{sha256}-{secrets.token_hex(4)}"
    stream.seek(0)
    # An upload that lies in a temporary file is moved, not copied, where the storage can.
    content = stream if isinstance(stream, UploadedFile) else File(stream, name=key)
    try:
        key = default_storage.save(key, content)
    except OSError:
        _discard(key)
        raise
    return StoredFile(sha256=sha256, size=size, key=key, used_at=timezone.now())


def _discard(key: str) -> None:
    """Remove what was written of a file that could not be written whole."""
    with contextlib.suppress(OSError):
        default_storage.delete(key)


def _unreferenced() -> models.QuerySet[StoredFile]:
    unreferenced = StoredFile.objects.all()
    for relation in StoredFile._meta.related_objects:
        unreferenced = unreferenced.filter(
            **{f"{relation.field.related_query_name()}__isnull": True}
        )
    return unreferenced
