"""Logs as people read them: text, whatever a system wrote."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from files import storage
from files.models import StoredFile

CHUNK = 64 * 1024  # bytes
# All that a terminal or a page could take for an order; tabs and line ends stay. Carriage returns,
# which draw progress bars, end lines too.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def readable(file: StoredFile) -> Iterator[str]:
    """Yield a log in pieces; � stands for bytes outside UTF-8 and characters without a glyph."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with storage.open_file(file) as stream:
        while chunk := stream.read(CHUNK):
            yield _clean(decoder.decode(chunk))
        yield _clean(decoder.decode(b"", final=True))


def ending(file: StoredFile, length: int) -> str:
    """Return the last characters of a log, from the beginning of a line on."""
    text = ""
    for piece in readable(file):
        text = (text + piece)[-length - 1 :]
    if len(text) <= length:
        return text
    _, newline, rest = text.partition("\n")
    return rest if newline and rest else text[1:]


def _clean(text: str) -> str:
    return UNSEEN.sub(REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))
