"""Gzip: a bounded unpacker for uploads, archives of images and their layers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal

from evaluator.formats.limits import Refused, TooLarge

CHUNK = 1024 * 1024  # bytes, unpacked
PACKED_CHUNK = 64 * 1024  # bytes; what follows a member is copied, so small chunks keep that cheap
MAX_MEMBERS = 10_000  # bgzip starts a new one every 64 kB; empty ones would cost time for nothing
GZIP = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib: gzip header and the largest window
COMPRESS_AGAIN = "Compress the file again, or give it as it is."


class GzipError(Exception):
    """The bytes cannot be unpacked; the caller words the fault for its readers."""

    def __init__(self, fault: Literal["cut off", "damaged", "too many members"]) -> None:
        self.fault = fault
        super().__init__(fault)


class Unpacker:
    """Unpacks the members of a gzip file in order, as much at once as is asked for.

    The caller gives packed bytes with `feed`, takes all that they unpack to with `unpack`, and
    calls `finish` where the file ends. Zero bytes after the last member are ignored, as padding to
    a block's end; what follows them is damage. `unpack` and `finish` raise GzipError.
    """

    def __init__(self, max_members: int = MAX_MEMBERS) -> None:
        self._max_members = max_members
        self._members = 0  # that were begun
        self._member: zlib._Decompress | None = None  # None between two members
        self._packed = b""  # that was not used yet
        self._is_padded = False  # zero bytes have begun

    def feed(self, packed: bytes) -> None:
        """Add the next bytes of the file; give few at a time (PACKED_CHUNK)."""
        self._packed += packed

    def unpack(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none once what was fed is used up."""
        while self._packed and (member := self._member or self._begin_member()):
            try:
                piece = member.decompress(self._packed, size)
            except zlib.error:
                raise GzipError("damaged") from None
            self._packed = member.unused_data if member.eof else member.unconsumed_tail
            self._member = None if member.eof else member
            if piece:
                return piece
        return b""

    def finish(self) -> None:
        """Raise GzipError unless the last member has ended."""
        if self._member is not None:
            raise GzipError("cut off")

    def copy(self) -> Unpacker:
        """Return an unpacker that goes on from here by itself; it takes about 100 kB of memory."""
        other = Unpacker(self._max_members)
        other._members, other._packed = self._members, self._packed
        other._is_padded = self._is_padded
        other._member = self._member.copy() if self._member else None
        return other

    def _begin_member(self) -> zlib._Decompress | None:
        if self._is_padded or (self._members and self._packed.startswith(b"\0")):
            self._is_padded = True
            if self._packed.strip(b"\0"):
                raise GzipError("damaged")
            self._packed = b""
            return None
        self._members += 1
        if self._members > self._max_members:
            raise GzipError("too many members")
        return zlib.decompressobj(GZIP_WINDOW)


def unpack_beginning(packed: bytes, size: int) -> bytes:
    """Return up to `size` bytes of what the beginning of a gzip file unpacks to.

    Raises GzipError for damaged bytes.
    """
    unpacker = Unpacker()
    unpacker.feed(packed)
    data = b""
    while len(data) < size and (piece := unpacker.unpack(size - len(data))):
        data += piece
    return data


FAULTS = {
    "cut off": "The gzip file is cut off: its end is missing.",
    "damaged": "The gzip file is damaged, or other bytes follow it.",
    "too many members": f"The gzip file has more than {MAX_MEMBERS:,} members.",
}


def unpack(start: bytes, stream: BinaryIO, max_bytes: int) -> bytearray:
    """Return the contents of a gzip file that begins with `start` and goes on in `stream`.

    Reads at most one byte more than `max_bytes`, however much the stream would give, and never
    unpacks much more than that. Raises TooLarge for more, and Refused for a damaged file.
    """
    unpacker, data = Unpacker(), bytearray()
    try:
        for packed in _read_pieces(start, stream, max_bytes):
            unpacker.feed(packed)
            while piece := unpacker.unpack(CHUNK):
                data += piece
                if len(data) > max_bytes:
                    raise too_large(max_bytes)
        unpacker.finish()
    except GzipError as error:
        raise Refused(f"{FAULTS[error.fault]} {COMPRESS_AGAIN}") from None
    if data.startswith(GZIP):
        raise Refused("The file is compressed twice by gzip. Compress it once.")
    return data


def _read_pieces(start: bytes, stream: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    missing = max_bytes + 1 - len(start)
    chunk = start
    while chunk:
        for place in range(0, len(chunk), PACKED_CHUNK):
            yield chunk[place : place + PACKED_CHUNK]
        chunk = stream.read(min(PACKED_CHUNK, missing))
        missing -= len(chunk)
        if missing <= 0:
            raise too_large(max_bytes)


def too_large(max_bytes: int) -> TooLarge:
    """Return the error for a file of more bytes."""
    return TooLarge(
        f"The file is larger than {max_bytes:,} bytes, the limit, as it is or unpacked. "
        "Give a smaller file."
    )
