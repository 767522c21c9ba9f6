"""Bytes of unknown origin → text: bounded, UTF-8 only, with an explanation where it fails."""

from __future__ import annotations

from typing import BinaryIO

from evaluator.errors import ProblemLog

MAX_BYTES = 64 * 1024 * 1024  # bytes; contract.md's limit of a system's output
MAX_LINES = 1_000_000  # a file of line breaks alone would otherwise be 64 million objects
BOM = b"\xef\xbb\xbf"
CHUNK = 1024 * 1024  # bytes per read

ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%PDF": "a PDF document",
}
SAVE_AS_UTF8 = "Save the file as UTF-8 and upload it again."
RUBBISH_SAMPLE = 64 * 1024  # characters
RUBBISH_SHARE = 0.1  # of control characters; text has next to none


def read_text(stream: BinaryIO, log: ProblemLog, *, max_bytes: int = MAX_BYTES) -> str | None:
    """Return the stream's text without byte order mark, or None with the problem in `log`."""
    data = _read_bounded(stream, max_bytes)
    if len(data) > max_bytes:
        log.add(f"The file is larger than {max_bytes:,} bytes, the limit. Upload a smaller file.")
        return None
    reason = _refusal(data)
    if reason:
        log.add(reason, line=_line_of_nul(data))
        return None
    return _decode(data.removeprefix(BOM), log)


def _read_bounded(stream: BinaryIO, max_bytes: int) -> bytes:
    """Read at most one byte more than allowed, however much the stream would give."""
    chunks: list[bytes] = []
    missing = max_bytes + 1
    while missing > 0:
        chunk = stream.read(min(CHUNK, missing))
        if not chunk:
            break
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def _refusal(data: bytes) -> str | None:
    if not data.removeprefix(BOM):
        return "The file is empty. Upload a file with one hypothesis per segment."
    for start, kind in ARCHIVES.items():
        if data.startswith(start):
            return f"The file is {kind}. Upload the text file itself."
    if _looks_like_utf16(data):
        return f"The file is in UTF-16, not in UTF-8. {SAVE_AS_UTF8}"
    if b"\0" in data:
        return "The file holds a NUL byte, so it is no text file. Upload the hypotheses as text."
    if data.count(b"\n") > MAX_LINES:
        return f"The file has more than {MAX_LINES:,} lines, the limit. Upload a smaller file."
    return None


def _looks_like_utf16(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = data[:4096]
    nuls = max(sample[::2].count(0), sample[1::2].count(0))
    return len(sample) >= 4 and nuls > 0.4 * (len(sample) / 2)


def _line_of_nul(data: bytes) -> int | None:
    position = data.find(b"\0")
    if position < 0 or _looks_like_utf16(data):
        return None
    return data.count(b"\n", 0, position) + 1


def _decode(data: bytes, log: ProblemLog) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        value = data[error.start]
        log.add(f"Byte {byte} of the line (0x{value:02x}) is not UTF-8. {SAVE_AS_UTF8}", line=line)
        return None
    if _is_rubbish(text):
        log.add("The file holds binary data, not text. Upload the hypotheses as text.")
        return None
    return text


def _is_rubbish(text: str) -> bool:
    sample = text[:RUBBISH_SAMPLE]
    controls = sum(character < " " and character not in "\t\n\v\f\r" for character in sample)
    return controls > RUBBISH_SHARE * len(sample)
