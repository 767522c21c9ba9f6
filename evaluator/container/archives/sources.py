"""Bytes that can be read from any place: of a file, of a part of one, unpacked from gzip."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from evaluator.container.limits import MB
from evaluator.formats.compression import GZIP, PACKED_CHUNK, GzipError, Unpacker

CHUNK = MB  # bytes at once
PLACE_EVERY = 256 * MB  # unpacked bytes; a place to go back to takes about 100 kB of memory
# Some programs begin a new one for each file of a layer. Empty ones would cost time for nothing.
MAX_GZIP_MEMBERS = 1_000_000

CUT_OFF = "is cut off: its end is missing"
GZIP_FAULTS = {
    "cut off": CUT_OFF,
    "damaged": "is damaged: it is no gzip file to its end",
    "too many members": f"holds more than {MAX_GZIP_MEMBERS:,} gzip members",
}


class BrokenArchiveError(Exception):
    """The bytes are not what they should be; the text says it behind a name, as a verb."""

    def __init__(self, text: str, remedy: str | None = None) -> None:
        self.remedy = remedy  # a sentence; None: to save the image again
        super().__init__(text)


class TooManyBytesError(Exception):
    """More bytes came out than may."""


class Source(Protocol):
    """Bytes that can be read from any place."""

    def read_at(self, position: int, size: int) -> bytes:
        """Return `size` bytes, fewer only where the bytes end."""


class FileSource:
    """A seekable file; `on_read` is told how many bytes were read each time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.on_read: Callable[[int], None] | None = None
        stream.seek(0, 2)  # Django's files return nothing here
        self.size = stream.tell()

    def read_at(self, position: int, size: int) -> bytes:
        self._stream.seek(position)
        pieces = []
        while size and (piece := self._stream.read(min(size, CHUNK))):
            pieces.append(piece)
            size -= len(piece)
            if self.on_read:
                self.on_read(len(piece))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of another source, such as a member of an archive."""

    whole: Source
    start: int
    size: int

    def read_at(self, position: int, size: int) -> bytes:
        size = min(size, self.size - position)
        return self.whole.read_at(self.start + position, size) if size > 0 else b""


@dataclass(frozen=True, slots=True)
class _ResumePoint:
    """Where unpacking can go on."""

    position: int  # of the unpacked bytes
    offset: int  # of the packed ones
    unpacker: Unpacker


def _position_of(place: _ResumePoint) -> int:
    return place.position


class Unzipped:
    """The unpacked bytes of a gzip file, never more than `max_bytes`, none of them kept.

    With `keep_places` it remembers a place now and then, so that going there again is cheap. Raises
    BrokenArchiveError for a damaged file, TooManyBytesError for one that unpacks to more.
    """

    def __init__(self, packed: Source, max_bytes: int, *, keep_places: bool = False) -> None:
        self._packed = packed
        self._max_bytes = max_bytes
        self._keep_places = keep_places
        self._position = 0
        self._offset = 0
        self._unpacker = Unpacker(MAX_GZIP_MEMBERS)
        self._places = [_ResumePoint(0, 0, self._unpacker.copy())]

    def read_at(self, position: int, size: int) -> bytes:
        if position > self._max_bytes:
            raise TooManyBytesError  # somebody says that there is something: it isn't looked for
        place = self._places[bisect_right(self._places, position, key=_position_of) - 1]
        if position < self._position or self._position < place.position:
            self._position, self._offset = place.position, place.offset
            self._unpacker = place.unpacker.copy()
        while self._position < position:
            if not self._next(min(CHUNK, position - self._position)):
                return b""
        pieces = []
        while size and (piece := self._next(min(CHUNK, size))):
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _next(self, size: int) -> bytes:
        """Unpack something, at most `size` bytes; nothing at the end."""
        try:
            while not (piece := self._unpacker.unpack(size)):
                packed = self._packed.read_at(self._offset, PACKED_CHUNK)
                if not packed:
                    self._unpacker.finish()
                    return b""
                self._offset += len(packed)
                self._unpacker.feed(packed)
        except GzipError as error:
            raise BrokenArchiveError(GZIP_FAULTS[error.fault]) from None
        self._position += len(piece)
        if self._position > self._max_bytes:
            raise TooManyBytesError
        if self._keep_places and self._position >= self._places[-1].position + PLACE_EVERY:
            self._places.append(_ResumePoint(self._position, self._offset, self._unpacker.copy()))
        return piece


def is_gzip(source: Source) -> bool:
    """Whether a source's bytes look like gzip."""
    return source.read_at(0, len(GZIP)) == GZIP


def unzipped(source: Source, max_bytes: int, *, keep_places: bool = False) -> Source:
    """Return a source's bytes, unpacked if they are gzip."""
    if is_gzip(source):
        return Unzipped(source, max_bytes, keep_places=keep_places)
    return source


class Cursor:
    """Reads a source from its start to its end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        data = self._source.read_at(self.position, size)
        self.position += len(data)
        return data

    def skip(self, size: int) -> None:
        """Go on behind `size` bytes; raises BrokenArchiveError if there are not so many."""
        if size and not self._source.read_at(self.position + size - 1, 1):
            raise BrokenArchiveError(CUT_OFF)
        self.position += size
