"""Reads the layers of an image once: unpacks, hashes, counts and checks them on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from evaluator.container.archives import tar
from evaluator.container.archives.kinds import GZIP, TAR
from evaluator.container.archives.members import shown
from evaluator.container.archives.sources import (
    CHUNK,
    CUT_OFF,
    BrokenArchiveError,
    Section,
    Source,
    TooManyBytesError,
    unzipped,
)
from evaluator.container.archives.tree import Tree
from evaluator.container.archives.unpacking import FIRST_LINE, WITHOUT, apply_entry
from evaluator.container.limits import MB
from evaluator.formats.file_kinds import archive_kind
from evaluator.formats.limits import Refused

# Of all layers: each costs some microseconds here and a file on the node's disk there. A large
# Python environment has 300,000.
MAX_FILES = 1_000_000
MAX_RECORDS = 5_000_000  # in extended headers: long names, attributes
MAX_PADDING = MB  # after a layer's end; tar pads to 10 kB
SMALLER = "Make the image smaller."

# The engine makes these for every container, and base images often bring them. Any other device,
# such as a disk, would lie on the node's own disk until the image is removed, and no container may
# open it.
DEVICES = {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)}
LOADABLE = {"0", *tar.WITHOUT_DATA}  # the kinds that the engine unpacks


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of an image."""

    diff_id: str  # sha256:… of its tar archive, not compressed
    archive_bytes: int  # as it came, compressed or not
    tar_bytes: int
    unpacked_bytes: int  # in an engine, which fills the holes in files


class LayerBudget:
    """The bytes, files and records that all layers of an image may have together."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.left = max_bytes
        self._files = MAX_FILES
        self._records = MAX_RECORDS

    def take(self, size: int) -> None:
        """Count unpacked bytes; raises TooManyBytesError for too many."""
        self.require(size)
        self.left -= size

    def require(self, size: int) -> None:
        """Raise TooManyBytesError unless so many bytes are left."""
        if size > self.left:
            raise TooManyBytesError

    def take_entry(self, entry: tar.TarEntry) -> None:
        """Count an entry of a layer; raises Refused, TooManyBytesError."""
        self.take_file()
        self._records -= entry.records
        if self._records < 0:
            raise Refused(
                f"The files in the image's layers have more than {MAX_RECORDS:,} long names and "
                f"extended attributes. {SMALLER}"
            )
        self.take(entry.expanded - entry.size)

    def take_file(self) -> None:
        """Count a file or a folder; raises Refused for too many."""
        self._files -= 1
        if self._files < 0:
            raise Refused(f"The image has more than {MAX_FILES:,} files in its layers. {SMALLER}")


def read_layer(
    section: Section,
    diff_id: str,
    budget: LayerBudget,
    tree: Tree,
    write: Callable[[bytes], object] | None,
) -> Layer:
    """Read a layer to its end; pass its unpacked bytes to `write` and its paths to `tree`.

    Raises BrokenArchiveError for faults of the layer, and TooManyBytesError and Refused for faults
    of the image as a whole.
    """
    kind = archive_kind(section.read_at(0, tar.BLOCK))
    if kind not in (TAR, GZIP, None):
        raise BrokenArchiveError(
            f"is {kind}, which not every engine can read",
            "Save the image with `docker save`, or build it with layers compressed by gzip.",
        )
    reader = _LayerReader(unzipped(section, budget.left + CHUNK), budget, write)
    holes = 0
    for entry in tar.entries(reader):
        _require_loadable(entry)
        budget.take_entry(entry)
        holes += entry.expanded - entry.size
        # A file that is larger than the rest of the budget need not be read.
        budget.require(entry.start + entry.size - reader.fetched)
        start = reader.read(min(FIRST_LINE, entry.size)) if entry.kind in tar.FILES else b""
        apply_entry(tree, entry, start, budget.take_file)
    padding = reader.read(MAX_PADDING + 1)
    if len(padding) > MAX_PADDING:
        raise BrokenArchiveError(f"has more than {MAX_PADDING:,} bytes behind its end")
    if reader.diff_id() != diff_id:
        raise BrokenArchiveError(f"is damaged: its content is not that of {diff_id}")
    return Layer(diff_id, section.size, reader.fetched, reader.fetched + holes)


def _require_loadable(entry: tar.TarEntry) -> None:
    """Raise BrokenArchiveError for an entry that the engine can't unpack, or a disk's device."""
    if entry.kind not in LOADABLE:
        raise BrokenArchiveError(
            f"holds {shown(entry.name)}, an entry of the kind {entry.kind!r}, which the engine "
            "can't unpack",
            WITHOUT,
        )
    is_device = entry.kind in (tar.CHARACTER_DEVICE, tar.BLOCK_DEVICE)
    if is_device and (entry.kind == tar.BLOCK_DEVICE or entry.device not in DEVICES):
        major, minor = entry.device
        raise BrokenArchiveError(
            f"holds {shown(entry.name)}, a device ({major}:{minor}) that no container may open",
            WITHOUT,
        )


class _LayerReader:
    """Reads the unpacked bytes of a layer; hashes, counts and writes each byte once."""

    def __init__(
        self, source: Source, budget: LayerBudget, write: Callable[[bytes], object] | None
    ) -> None:
        self._source = source
        self._budget = budget
        self._write = write
        self._digest = hashlib.sha256()
        self._chunk = b""
        self._used = 0  # bytes of the chunk
        self.fetched = 0  # bytes up to the chunk's end

    @property
    def position(self) -> int:
        return self.fetched - len(self._chunk) + self._used

    def read(self, size: int) -> bytes:
        data = self._chunk[self._used : self._used + size]
        self._used += len(data)
        while len(data) < size and self._fetch():
            more = self._chunk[: size - len(data)]
            self._used = len(more)
            data += more
        return data

    def skip(self, size: int) -> None:
        size -= len(self._chunk) - self._used
        while size > 0 and self._fetch():
            size -= len(self._chunk)
        if size > 0:
            raise BrokenArchiveError(CUT_OFF)
        self._used = len(self._chunk) + size

    def diff_id(self) -> str:
        """Return the digest of the bytes so far."""
        return f"sha256:{self._digest.hexdigest()}"

    def _fetch(self) -> bool:
        self._chunk, self._used = self._source.read_at(self.fetched, CHUNK), 0
        self.fetched += len(self._chunk)
        self._budget.take(len(self._chunk))
        self._digest.update(self._chunk)
        if self._write and self._chunk:
            self._write(self._chunk)
        return bool(self._chunk)
