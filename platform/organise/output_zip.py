"""The outputs of several entries as a zip of JSON lines."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from typing import IO

from sharedtasks.downloads import IN_MEMORY
from sharedtasks.phase_zip import LONG_AGO
from submissions.models import Entry
from submissions.pages.exports import build_file_name, write_jsonl

MOST_PACKED = 300  # entries; a request takes some seconds for them


def pack_outputs(entries: Sequence[Entry]) -> IO[bytes]:
    """Return the zip, at its beginning. A long zip is on disk until it is closed."""
    spooled = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 – the response closes it
    with zipfile.ZipFile(spooled, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(build_file_name(entry, "jsonl"), LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as member:
                for line in write_jsonl(entry):
                    member.write(line.encode())
    spooled.seek(0)
    return spooled
