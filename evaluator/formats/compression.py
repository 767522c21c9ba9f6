"""Unpacks gzip; bounded before and after unpacking."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from evaluator.formats.limits import Refused, TooLarge

CHUNK = 1024 * 1024  # bytes per read
GZIP_CHUNK = 16 * 1024  # bytes; what follows a member is copied, so small chunks keep that cheap
MAX_MEMBERS = 10_000  # bgzip starts a new one every 64 kB; empty ones would cost time for nothing
GZIP = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib: gzip header and the largest window
COMPRESS_AGAIN = "Compress the file again, or give it as it is."


def unpack(start: bytes, stream: BinaryIO, max_bytes: int) -> bytearray:
    """Return the contents of a gzip file that begins with `start` and goes on in `stream`.

    Reads at most one byte more than `max_bytes`, however much the stream would give, and never
    unpacks much more than that. Raises TooLarge for more, and Refused for a damaged file.
    """
    data = bytearray()
    for piece in _unpack_members(_read_pieces(start, stream, max_bytes)):
        data += piece
        if len(data) > max_bytes:
            raise too_large(max_bytes)
    if data.startswith(GZIP):
        raise Refused("The file is compressed twice by gzip. Compress it once.")
    return data


def too_large(max_bytes: int) -> TooLarge:
    """Return the error for a file of more bytes."""
    return TooLarge(
        f"The file is larger than {max_bytes:,} bytes, the limit, as it is or unpacked. "
        "Give a smaller file."
    )


def _read_pieces(start: bytes, stream: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    missing = max_bytes + 1 - len(start)
    chunk = start
    while chunk:
        for place in range(0, len(chunk), GZIP_CHUNK):
            yield chunk[place : place + GZIP_CHUNK]
        chunk = stream.read(min(CHUNK, missing))
        missing -= len(chunk)
        if missing <= 0:
            raise too_large(max_bytes)


def _unpack_members(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack the members of a gzip file one after the other."""
    member: zlib._Decompress | None = zlib.decompressobj(GZIP_WINDOW)
    members = 1
    for piece in pieces:
        while piece:
            if member is None:
                if not piece.strip(b"\0"):
                    break  # padding to a block's end, as on tapes; gzip ignores it too
                members += 1
                member = zlib.decompressobj(GZIP_WINDOW)
            yield from _unpack_piece(member, piece, members)
            piece, member = member.unused_data, None if member.eof else member
    if member is not None:
        raise Refused(f"The gzip file is cut off: its end is missing. {COMPRESS_AGAIN}")


def _unpack_piece(member: zlib._Decompress, piece: bytes, members: int) -> Iterator[bytes]:
    if members > MAX_MEMBERS:
        raise Refused(f"The gzip file has more than {MAX_MEMBERS:,} members. {COMPRESS_AGAIN}")
    try:
        yield member.decompress(piece, CHUNK)
        while member.unconsumed_tail and not member.eof:
            yield member.decompress(member.unconsumed_tail, CHUNK)
    except zlib.error:
        raise Refused(
            f"The gzip file is damaged, or other bytes follow it. {COMPRESS_AGAIN}"
        ) from None
