"""Bytes of unknown origin → UTF-8 text and its lines: bounded, with an error that explains."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from evaluator.errors import ProblemLog
from evaluator.formats.compression import CHUNK, GZIP, too_large, unpack
from evaluator.formats.encodings import as_utf8
from evaluator.formats.file_kinds import MAGIC, SAVE_AS_TABLE, SAVE_AS_TEXT, document_kind
from evaluator.formats.limits import (
    MAX_BYTES,
    MAX_LINE_BYTES,
    MAX_LINES,
    Refused,
    require_few_lines,
)

__all__ = ["MAX_BYTES", "MAX_LINES", "read_bytes", "read_text"]

BOM = b"\xef\xbb\xbf"
HEAD = 64 * 1024  # bytes in which a format shows
STEP = 1024 * 1024  # bytes decoded at once

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ARCHIVES = {
    ZIP: "a zip archive",
    EMPTY_ZIP: "an empty zip archive",
    GZIP: "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}
TAR_MAGIC = (257, b"ustar")  # byte, what stands there
SAVE_AS_UTF8 = "Save the file as UTF-8."
RUBBISH_SAMPLE = 64 * 1024  # bytes
RUBBISH_SHARE = 0.1  # of control characters; text has next to none
CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r")
# How files begin that are not text, and XML, which may declare another encoding.
_MARKED = re.compile(rb"\s*<\?xml|" + b"|".join(map(re.escape, (*ARCHIVES, *MAGIC))))

CARRIAGE_RETURNS = (
    "The lines end with carriage returns alone, as on old Macs. "
    "Save the file with line feeds (Unix), or with both (Windows)."
)
START = 1_000  # characters of a line that is too long, for callers that ask what it was


def read_bytes(
    stream: BinaryIO,
    content: str,
    *,
    max_bytes: int = MAX_BYTES,
    name: str = "",
    save_as: str = SAVE_AS_TEXT,
) -> bytearray:
    """Return the stream's bytes: unpacked if they are gzip, UTF-8, without byte order mark.

    XML in another encoding that it declares becomes UTF-8. They stay bytes because one emoji
    would make their text four times as large. At most one byte more than `max_bytes` is read.
    Raises Refused with the first reason why not; of an empty file it says that it should hold
    `content`, of an office document what to save it as. `name` is the file's.
    """
    data = bytearray()
    while len(data) <= max_bytes and (chunk := stream.read(min(CHUNK, max_bytes + 1 - len(data)))):
        data += chunk
        if data.startswith(GZIP):
            data = unpack(bytes(data), stream, max_bytes)
            break
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    if data in (b"", BOM):
        raise Refused(f"The file is empty. Give one with {content}.")
    if not _is_plainly_text(data):
        data = as_utf8(data, max_bytes=max_bytes)
        _require_text(data, name, save_as)
    if data.startswith(BOM):
        del data[: len(BOM)]
    return data


def read_head(data: bytearray) -> str:
    """Return the beginning of a text, where its format shows."""
    return data[:HEAD].decode("utf-8", "ignore").lstrip()


def read_text(
    stream: BinaryIO, log: ProblemLog, content: str, *, max_bytes: int = MAX_BYTES
) -> str | None:
    """Return the text of a table or list, as `read_bytes` does, or None with the problem in `log`.

    The text may take four times `max_bytes` of memory: for small files.
    """
    try:
        data = read_bytes(
            stream, content, max_bytes=max_bytes, name=log.file, save_as=SAVE_AS_TABLE
        )
        return data.decode()
    except Refused as refused:
        log.add(refused.message, line=refused.line)
        return None


def _is_plainly_text(data: bytearray) -> bool:
    """Return whether nothing keeps a file from being read; most files need no closer look."""
    place, tar = TAR_MAGIC
    if _MARKED.match(data) or data.startswith(tar, place) or b"\0" in data:
        return False
    sample = data[:RUBBISH_SAMPLE]
    if data.count(b"\n") > MAX_LINES or len(sample.translate(None, CONTROLS)) < len(sample):
        return False
    return find_broken_byte(data) is None


def _require_text(data: bytearray, name: str, save_as: str) -> None:
    document = document_kind(data, name)
    if document:
        raise Refused(f"The file is {document}, not plain text. {save_as}")
    kind = archive_kind(data)
    if kind:
        raise Refused(f"The file is {kind}. Give the text file itself.")
    if _looks_like_utf16(data):
        raise Refused(f"The file is in UTF-16, not in UTF-8. {SAVE_AS_UTF8}")
    position = data.find(b"\0")
    if position >= 0:
        message = "The file contains a NUL byte, so it is not a text file. Save it as text."
        raise Refused(message, data.count(b"\n", 0, position) + 1)
    require_few_lines(data.count(b"\n"))
    position = find_broken_byte(data)
    if position is not None:
        line = data.count(b"\n", 0, position) + 1
        byte = position - data.rfind(b"\n", 0, position)
        message = f"Byte {byte} of the line (0x{data[position]:02x}) is not UTF-8. {SAVE_AS_UTF8}"
        raise Refused(message, line)
    sample = data[:RUBBISH_SAMPLE]
    if len(sample) - len(sample.translate(None, CONTROLS)) > RUBBISH_SHARE * len(sample):
        raise Refused("The file holds binary data, not text. Give a text file.")


def archive_kind(data: bytes | bytearray) -> str | None:
    """Return what kind of archive starts with these bytes, None for others."""
    place, magic = TAR_MAGIC
    if data[place : place + len(magic)] == magic:
        return "a tar archive"
    return next((kind for start, kind in ARCHIVES.items() if data.startswith(start)), None)


def _looks_like_utf16(data: bytearray) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = data[:4096]
    nuls = max(sample[::2].count(0), sample[1::2].count(0))
    return len(sample) >= 4 and nuls > 0.4 * (len(sample) / 2)


def find_broken_byte(data: bytearray) -> int | None:
    """Return the place of the first byte that is not UTF-8; decodes in steps, keeping nothing."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with memoryview(data) as view:
        while done < len(data):
            pending = len(decoder.getstate()[0])  # the start of a character cut by a step
            try:
                decoder.decode(view[done : done + STEP], final=done + STEP >= len(data))
            except UnicodeDecodeError as error:
                return done - pending + error.start
            done += STEP
    return None


def split_lines(
    data: bytearray, log: ProblemLog, *, on_long: Callable[[int, str], None] | None = None
) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, text), verbatim; lines that are too long go to `log` instead.

    Only a line feed ends a line (not U+2028, U+0085, a vertical tab …); a carriage return before
    it belongs to it. `on_long` is called with the number and the start of a line that is too long.
    Raises Refused for a file whose lines end with carriage returns alone.
    """
    if b"\n" not in data and b"\r" in data[:-1]:
        raise Refused(CARRIAGE_RETURNS, 1)
    start = number = 0
    while start < len(data):
        number += 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > MAX_LINE_BYTES:
            log.add(
                f"The line has {end - start:,} bytes; {MAX_LINE_BYTES:,} can be read. "
                "Shorten it, or end each segment's line.",
                line=number,
            )
            if on_long is not None:
                on_long(number, data[start : start + START].decode(errors="ignore"))
        else:
            yield number, data[start:end].decode().removesuffix("\r")
        start = end + 1
