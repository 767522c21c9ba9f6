"""Reads the headers of a tar archive, whoever wrote it: bounded, nothing unpacked.

Python's tarfile reads extended headers of any size into memory, and takes other sizes than the
engine, which is written in Go, from some archives. Here both are as in Go's archive/tar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from evaluator.container.archives.sources import CUT_OFF, BrokenArchiveError

BLOCK = 512  # bytes
END = bytes(BLOCK)
MAX_EXTENSION = 1024 * 1024  # bytes of an extended header, as in Go
MAX_EXTENSIONS = 8  # extended headers of an entry; real entries have three at most
MAX_SIZE = 2**63 - 1  # bytes of a file

FILES = ("0", "\0")
SPARSE = "S"  # GNU's own way to write files with holes
LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FOLDER, PIPE = "123456"
WITHOUT_DATA = (LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FOLDER, PIPE)
PAX, PAX_OF_ALL, LONG_NAME, LONG_LINK = "xgLK"
OCTAL = re.compile(rb"[0-7]*")
DECIMAL = re.compile(rb"[0-9]{1,19}")
WHOLE = re.compile(rb"[+-]?[0-9]{1,18}")
TIME = re.compile(rb"[+-]?[0-9]{1,18}(?:\.[0-9]*)?")
WHOLE_NUMBERS, TIMES = (b"uid", b"gid"), (b"mtime", b"atime", b"ctime")
WITHOUT_NUL = (b"path", b"linkpath", b"uname", b"gname")
# Fields of a header: mode, user, group, time. Go refuses an archive if any of them is not a number.
NUMBERS = ((100, 108), (108, 116), (116, 124), (136, 148))
ORDINARY = re.compile(rb"(?:[0-7]{7}[ \0]){3}(?:[0-7]{11}[ \0]){2}")
ORDINARY_DEVICE = re.compile(rb"\0{16}|(?:[0-7]{7}[ \0]){2}")
DEVICE = ((329, 337), (337, 345))
ATTRIBUTE = b"SCHILY.xattr."
SPARSE_VERSIONS = ((b"0", b"0"), (b"0", b"1"), (b"1", b"0"))
SPARSE_SIZES = (b"GNU.sparse.size", b"GNU.sparse.realsize")

Records = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class TarEntry:
    """An entry of an archive."""

    name: str
    kind: str  # the header's letter for it, "0" for every regular file
    size: int  # bytes in the archive
    expanded: int  # bytes that it takes once unpacked: more for a file with holes
    link: str  # where a link leads
    device: tuple[int, int]  # major and minor number
    start: int  # of its bytes, from the archive's start
    records: int  # in its extended headers
    attributes: tuple[tuple[bytes, bytes], ...] = ()  # extended attributes: name, value


class TarReader(Protocol):
    """What an archive is read from."""

    @property
    def position(self) -> int:
        """How many bytes were read or skipped."""

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""

    def skip(self, size: int) -> None:
        """Skip `size` bytes; raises BrokenArchiveError if there are not so many."""


def entries(reader: TarReader) -> Iterator[TarEntry]:
    """Yield each entry; the reader then stands at its bytes and must not be moved.

    Raises BrokenArchiveError for an archive that is damaged or cut off. As for Go, the end is where
    nothing more comes, too.
    """
    records: Records = {}
    extensions = count = 0
    while block := reader.read(BLOCK):
        if len(block) < BLOCK:
            raise BrokenArchiveError(CUT_OFF)
        if block == END:
            if reader.read(BLOCK).strip(b"\0"):
                raise _damaged(reader)
            return
        kind, size = _kind_and_size(block, reader)
        if kind in (PAX, PAX_OF_ALL, LONG_NAME, LONG_LINK):
            extensions += 1
            count += _extend(records, kind, _extension(reader, size, extensions), reader)
            continue
        entry = _entry(block, kind, size, records, reader, count)
        end = entry.start + padded(entry.size)
        yield entry
        reader.skip(end - reader.position)
        if extensions:
            records = {}
            extensions = count = 0
    if extensions:
        raise BrokenArchiveError(CUT_OFF)


def padded(size: int) -> int:
    """Return how many bytes a file of this size takes in an archive, without its header."""
    return -(-size // BLOCK) * BLOCK


def _kind_and_size(block: bytes, reader: TarReader) -> tuple[str, int]:
    expected = _number(block[148:156], reader)
    checksum = sum(block[:148]) + sum(block[156:]) + 8 * 32
    # Very old programs added the bytes as signed numbers.
    if expected != checksum and expected != checksum - 256 * sum(byte > 127 for byte in block):
        raise _damaged(reader)
    if ORDINARY.fullmatch(block, 100, 148) and ORDINARY_DEVICE.fullmatch(block, 329, 345):
        return chr(block[156]), int(block[124:135], 8)  # as nearly all are
    for start, end in NUMBERS:
        _number(block[start:end], reader, may_be_negative=True)
    if block[257:262] == b"ustar":  # older headers have other things there
        for start, end in DEVICE:
            _number(block[start:end], reader, may_be_negative=True)
    return chr(block[156]), _number(block[124:136], reader)


def _number(field: bytes, reader: TarReader, *, may_be_negative: bool = False) -> int:
    if field[0] & 0x80:  # base 256, for what does not fit into octal digits
        if field[0] & 0x40:
            number = int.from_bytes(field, "big", signed=True)
        else:
            number = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
        if not -MAX_SIZE <= number <= MAX_SIZE or (number < 0 and not may_be_negative):
            raise _damaged(reader)
        return number
    digits = field.strip(b" \0").partition(b"\0")[0]
    if not OCTAL.fullmatch(digits):
        raise _damaged(reader)
    return int(digits or b"0", 8)


def _extension(reader: TarReader, size: int, extensions: int) -> bytes:
    if size > MAX_EXTENSION:
        raise BrokenArchiveError(f"holds an extended header of more than {MAX_EXTENSION:,} bytes")
    if extensions > MAX_EXTENSIONS:
        raise BrokenArchiveError(f"holds an entry with more than {MAX_EXTENSIONS} extended headers")
    data = reader.read(size)
    if len(data) < size:
        raise BrokenArchiveError(CUT_OFF)
    reader.skip(padded(size) - size)
    return data


def _extend(records: Records, kind: str, data: bytes, reader: TarReader) -> int:
    """Add the records of an extended header; return their number."""
    if kind == PAX:
        added = list(_pax_records(data, reader))
        records.update(added)
        return len(added)
    if kind != PAX_OF_ALL:  # which means nothing to the engine
        key = b"long name" if kind == LONG_NAME else b"long link"
        records[key] = data.partition(b"\0")[0]
    return 1


def _pax_records(data: bytes, reader: TarReader) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place < len(data):
        digits = data[place : place + 8].partition(b" ")[0]
        length = int(digits) if DECIMAL.fullmatch(digits) else 0
        record = data[place + len(digits) + 1 : place + length]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or not record.endswith(b"\n") or place + length > len(data):
            raise _damaged(reader)
        if not _is_record(digits, key, value):
            raise _damaged(reader)
        yield key, value
        place += length


def _is_record(length: bytes, key: bytes, value: bytes) -> bool:
    """Return whether Go takes a record: it refuses a whole archive for one bad record."""
    if length.startswith(b"0") or not key or b"\0" in key:
        return False
    if b"\0" in value and key in WITHOUT_NUL:
        return False
    if key in WHOLE_NUMBERS:
        return not value or WHOLE.fullmatch(value) is not None
    if key in TIMES:
        return not value or TIME.fullmatch(value) is not None
    return True


def _entry(
    block: bytes, kind: str, size: int, records: Records, reader: TarReader, count: int
) -> TarEntry:
    name, link = _name(block), _text(block[157:257])
    if records:
        name = _sparse_name(records) or records.get(b"path", records.get(b"long name")) or name
        link = records.get(b"linkpath", records.get(b"long link")) or link
        if records.get(b"size"):
            size = _decimal(records[b"size"], reader)
    if kind == "\0" and name.endswith(b"/"):
        kind = FOLDER  # as archives of before 1988 say it
    elif kind in FILES:
        kind = FILES[0]
    if kind in WITHOUT_DATA:
        size = 0  # whatever the header says; some programs write the size of a link's target
    holes = [_decimal(records[key], reader) for key in SPARSE_SIZES if key in records]
    major = minor = 0
    if kind in (CHARACTER_DEVICE, BLOCK_DEVICE):
        major, minor = (_device_number(block[start:end]) for start, end in DEVICE)
    attributes = [(key, value) for key, value in records.items() if key.startswith(ATTRIBUTE)]
    return TarEntry(
        name=name.decode(errors="surrogateescape"),
        kind=kind,
        size=size,
        expanded=max([size, *holes]),
        link=link.decode(errors="surrogateescape"),
        device=(major, minor),
        start=reader.position,
        records=count,
        attributes=tuple((key.removeprefix(ATTRIBUTE), value) for key, value in attributes),
    )


def _sparse_name(records: Records) -> bytes | None:
    """Return the name of a file with holes: Go takes it from a record of its own."""
    version = records.get(b"GNU.sparse.major"), records.get(b"GNU.sparse.minor")
    if version in SPARSE_VERSIONS or records.get(b"GNU.sparse.map"):
        return records.get(b"GNU.sparse.name")
    return None


def _name(block: bytes) -> bytes:
    name = _text(block[:100])
    # GNU's and Star's headers have other things there.
    is_posix = block[257:265] == b"ustar\x0000" and block[508:512] != b"tar\0"
    prefix = _text(block[345:500]) if is_posix else b""
    return prefix + b"/" + name if prefix else name


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _decimal(text: bytes, reader: TarReader) -> int:
    number = int(text) if DECIMAL.fullmatch(text) else MAX_SIZE + 1
    if number > MAX_SIZE:
        raise _damaged(reader)
    return number


def _device_number(field: bytes) -> int:
    """Return a device's major or minor number; -1 if the field holds no number."""
    digits = _text(field).strip(b" ")
    return int(digits or b"0", 8) if OCTAL.fullmatch(digits) else -1


def _damaged(reader: TarReader) -> BrokenArchiveError:
    return BrokenArchiveError(
        f"is damaged: what stands before byte {reader.position:,} is no tar header"
    )
