"""What one file may cost: every bound of reading in one place."""

from __future__ import annotations

import sys
from dataclasses import dataclass

MAX_BYTES = 64 * 1024 * 1024  # bytes; also a system's output: docs/contract.md 6
MAX_LINES = 200_000  # lines or segments; the largest test sets have a tenth of them
MAX_LINE_BYTES = 1024 * 1024  # bytes; alignment refuses hypotheses far below
MAX_ID = 1_000  # characters of an id, a document's or a system's name

# Of a character that means something to a format, and costs about a microsecond each: in a real
# file they are some per segment, in 64 MiB of nothing else they would take a minute.
MAX_MARKS = 1_000_000

# Bytes that the texts kept may take in memory, over all files of an upload: one emoji makes
# Python store a line in four bytes a character, so that 64 MiB could become 256.
MAX_MEMORY = 96 * 1024 * 1024
LINE_OBJECTS = 200  # bytes of a Line, its number and its places in lists, beside its strings


class Refused(Exception):
    """Reading stops here; the reader of the file turns it into a problem."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.message = message
        self.line = line
        super().__init__(message, line)


class TooLarge(Refused):
    """The file has more bytes than may be read."""


@dataclass(slots=True)
class Budget:
    """What the files of an upload may still cost together: bytes read, and memory for texts."""

    memory_left: int = MAX_MEMORY  # bytes
    max_bytes: int = MAX_BYTES
    bytes_read: int = 0  # as they are, or unpacked

    def charge(self, *texts: str | None, line: int | None = None, objects: int = 1) -> None:
        """Account for what is kept; raises Refused when it becomes too much."""
        self.memory_left -= LINE_OBJECTS * objects
        self.memory_left -= sum(sys.getsizeof(text) for text in texts if text is not None)
        if self.memory_left < 0:
            raise Refused(
                "The texts up to here take more memory than a check may use. "
                "Give fewer or shorter segments.",
                line,
            )


def require_few_lines(lines: int) -> None:
    """Raise Refused for a file of more lines than any test set has."""
    if lines > MAX_LINES:
        raise Refused(f"The file has more than {MAX_LINES:,} lines, the limit. Give fewer lines.")


def require_few_marks(data: bytearray, marks: bytes) -> None:
    """Raise Refused for a file that holds any of these ASCII characters millions of times."""
    for mark in marks:
        if data.count(mark) > MAX_MARKS:
            shown = chr(mark)
            raise Refused(
                f"The file holds {shown!r} more than {MAX_MARKS:,} times. Give a smaller file."
            )
