"""All sources and terminologies of a phase as a zip."""

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
from sharedtasks.access import listed, visible_test_sets
from sharedtasks.downloads import IN_MEMORY, KINDS, make_file_name
from sharedtasks.models import Phase, TestSetDownload
from sharedtasks.policy import Thing, Viewer

CHUNK = 256 * 1024  # bytes
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest that zip knows: the same files, the same zip


def list_members(viewer: Viewer, phase: Phase) -> list[TestSetDownload]:
    """Return sources and terminologies of the phase's test sets that the viewer finds in lists."""
    kinds = [kind.name for kind in KINDS.values() if kind.thing == Thing.SOURCES]
    test_sets = listed(visible_test_sets(viewer)).filter(phase=phase)
    return list(
        TestSetDownload.objects.filter(test_set__in=test_sets, kind__in=kinds)
        .select_related("file", "test_set__phase__shared_task")
        .order_by(F("test_set"), "position")
    )


def compute_etag(members: Sequence[TestSetDownload]) -> str:
    """Return a strong tag without making the zip: of the compressor, the names, the contents."""
    parts = [zlib.ZLIB_RUNTIME_VERSION]
    parts += [f"{make_file_name(row.test_set, row.kind)} {row.file.sha256}" for row in members]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{digest}"'


def pack(members: Sequence[TestSetDownload]) -> IO[bytes]:
    """Return the zip, at its beginning. A long zip is on disk until it is closed."""
    spooled = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 – the response closes it
    with zipfile.ZipFile(spooled, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in members:
            info = zipfile.ZipInfo(make_file_name(row.test_set, row.kind), LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as member, storage.open_file(row.file) as file:
                shutil.copyfileobj(file, member, CHUNK)
    spooled.seek(0)
    return spooled
