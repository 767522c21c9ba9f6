"""All that a phase gives its participants, in one zip."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from typing import IO

from django.db.models import F

from files import storage
from sharedtasks.downloads import IN_MEMORY, KINDS, file_name
from sharedtasks.models import Phase, TestSetDownload
from sharedtasks.policy import Thing

CHUNK = 256 * 1024  # bytes
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest that zip knows: the same files, the same zip


def members(phase: Phase) -> list[TestSetDownload]:
    """Return sources and terminologies of all the phase's test sets, in their order."""
    kinds = [kind.name for kind in KINDS.values() if kind.thing == Thing.SOURCES]
    found = (
        TestSetDownload.objects.filter(test_set__phase=phase, kind__in=kinds)
        .select_related("file", "test_set__phase__shared_task")
        .order_by(F("test_set"), "position")
    )
    return list(found)


def etag(found: Sequence[TestSetDownload]) -> str:
    """Return a strong tag without making the zip: names, contents, and who compresses."""
    parts = [zlib.ZLIB_RUNTIME_VERSION]
    parts += [f"{file_name(one.test_set, one.kind)} {one.file.sha256}" for one in found]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{digest}"'


def pack(found: Sequence[TestSetDownload]) -> IO[bytes]:
    """Return the zip, at its beginning; a long one lies on disk, and is gone when closed."""
    spooled = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 – the response closes it
    with zipfile.ZipFile(spooled, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in found:
            info = zipfile.ZipInfo(file_name(one.test_set, one.kind), LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as member, storage.open_file(one.file) as file:
                shutil.copyfileobj(file, member, CHUNK)
    spooled.seek(0)
    return spooled
