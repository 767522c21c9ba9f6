"""Bytes of unknown origin → UTF-8 text and its lines: bounded, with an error that explains."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from evaluator.errors import ProblemLog
from evaluator.formats.compression import CHUNK, GZIP, too_large, unpack
from evaluator.formats.file_kinds import (
    ARCHIVES,
    MAGIC,
    SAVE_AS_TABLE,
    SAVE_AS_TEXT,
    TAR_MAGIC,
    archive_kind,
    document_kind,
)
from evaluator.formats.limits import (
    MAX_BYTES,
    MAX_LINE_BYTES,
    MAX_LINES,
    Refused,
    TooLarge,
    require_few_lines,
)

BOM = b"\xef\xbb\xbf"
HEAD = 64 * 1024  # bytes in which a format shows
STEP = 1024 * 1024  # bytes decoded at once
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

SAVE_AS_UTF8 = "Save the file as UTF-8."
RUBBISH_SAMPLE = 64 * 1024  # bytes
RUBBISH_SHARE = 0.1  # of control characters; text has next to none
CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r")
# How files begin that are not text, and XML, which may declare another encoding.
_MARKED = re.compile(rb"\s*<\?xml|" + b"|".join(map(re.escape, (*ARCHIVES, *MAGIC))))

# The encoding that XML declares.
DECLARATION = re.compile(
    rb"""\s*<\?xml\s[^<>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.:-]{0,40})["']"""
)
DECLARATION_HEAD = 400  # bytes
_ROOT = re.compile(r"<!DOCTYPE\s|<[A-Za-z][\w:.-]*[\s>]")
# By Python's names; encodings that XML of our kinds is written in, all of them stateless or nearly.
KNOWN_ENCODINGS = re.compile(
    r"ascii|utf-8|utf-16(?:-[lb]e)?|iso8859-\d+|cp125\d|cp866|koi8-[ru]|mac-roman|shift_jis|cp932"
    r"|euc_jp|euc_kr|cp949|gb2312|gbk|gb18030|big5|big5hkscs|tis-620|cp874"
)

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

    XML in another encoding that it declares becomes UTF-8. The result stays bytes, because an
    emoji would make its text four times as large. At most a byte more than `max_bytes` is read.
    Raises Refused with the first problem: for an empty file it says that `content` is expected,
    for an office document what to save it as. `name` is the file's.
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
        data = _convert_declared(data, max_bytes=max_bytes)
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
    return _find_broken_byte(data) is None


def _require_text(data: bytearray, name: str, save_as: str) -> None:
    document = document_kind(data, name)
    if document:
        raise Refused(f"The file is {document}, not plain text. {save_as}")
    kind = archive_kind(data)
    if kind:
        raise Refused(f"The file is {kind}. Give the text file itself.")
    sample = data[:4096]
    nuls = max(sample[::2].count(0), sample[1::2].count(0))
    if data.startswith(UTF_16) or (len(sample) >= 4 and nuls > 0.4 * (len(sample) / 2)):
        raise Refused(f"The file is in UTF-16, not in UTF-8. {SAVE_AS_UTF8}")
    if b"\0" in data:
        message = "The file contains a NUL byte, so it is not a text file. Save it as text."
        raise Refused(message, data.count(b"\n", 0, data.find(b"\0")) + 1)
    require_few_lines(data.count(b"\n"))
    position = _find_broken_byte(data)
    if position is not None:
        line = data.count(b"\n", 0, position) + 1
        byte = position - data.rfind(b"\n", 0, position)
        message = f"Byte {byte} of the line (0x{data[position]:02x}) is not UTF-8. {SAVE_AS_UTF8}"
        raise Refused(message, line)
    sample = data[:RUBBISH_SAMPLE]
    if len(sample) - len(sample.translate(None, CONTROLS)) > RUBBISH_SHARE * len(sample):
        raise Refused("The file holds binary data, not text. Give a text file.")


def _find_broken_byte(data: bytearray) -> int | None:
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


def _convert_declared(data: bytearray, *, max_bytes: int) -> bytearray:
    """Return XML that declares another encoding in UTF-8; everything else as it is.

    Bytes that are UTF-8 stay as they are, whatever is declared. The declaration stays too, because
    the readers of XML here get text. Raises Refused for an unknown encoding and for bytes that the
    encoding does not have, and TooLarge for more than `max_bytes` of UTF-8.
    """
    name = _find_declared(data)
    if name is None:
        return data
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known.startswith("utf-16") and not _is_wide(data):
        return data  # .NET declares UTF-16 in texts that it then writes as UTF-8
    if not KNOWN_ENCODINGS.fullmatch(known):
        shown = name[:40]
        raise Refused(f"The file says that its encoding is {shown}. Save it as UTF-8.", 1)
    if known in ("utf-8", "ascii") or (
        not known.startswith("utf-16") and _find_broken_byte(data) is None
    ):
        return data  # many programs write UTF-8 and declare what they read
    return _convert(data, known, max_bytes)


def _find_declared(data: bytearray) -> str | None:
    """Return the encoding that an XML declaration names, None if there is no declaration."""
    head = bytes(data[:DECLARATION_HEAD])
    if _is_wide(data):
        has_mark = head.startswith(UTF_16)  # without a declaration it says the encoding as well
        wide = "utf-16" if has_mark else "utf-16-le" if head[1] == 0 else "utf-16-be"
        start = head.decode(wide, "ignore").lstrip("\ufeff \t\r\n")
        return wide if start.startswith("<?xml") or (has_mark and _ROOT.match(start)) else None
    declaration = DECLARATION.match(head)
    return declaration[1].decode() if declaration else None


def _is_wide(data: bytearray) -> bool:
    """Return whether a text of XML is in UTF-16, by its first bytes."""
    head = bytes(data[:4])
    return head.startswith(UTF_16) or head in (b"<\0?\0", b"\0<\0?")


def _convert(data: bytearray, encoding: str, max_bytes: int) -> bytearray:
    decoder = codecs.getincrementaldecoder(encoding)()
    converted = bytearray()
    for start in range(0, len(data), STEP):
        piece = bytes(data[start : start + STEP])
        try:
            text = decoder.decode(piece, final=start + STEP >= len(data))
            converted += text.encode()
        except UnicodeError:
            raise Refused(
                f"The file says that its encoding is {encoding}, and has bytes that are none of "
                "its characters. Save it as UTF-8.",
                converted.count(b"\n") + 1,
            ) from None
        if len(converted) > max_bytes:
            raise TooLarge(f"The file is larger than {max_bytes:,} bytes, the limit, in UTF-8.")
    return converted


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
