"""The engine's multiplexed stream, and the end of a log that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from evaluator.container.terminal import plain

STDOUT: Final = 1
STDERR: Final = 2
MAX_LINE = 64 * 1024  # bytes of a line without an end that are looked at together
STATES = 3  # kept of a line overwritten by CR
HEADER_BYTES = 8  # stream, three zeros, size of the payload (big-endian)


class FrameError(Exception):
    """The engine sent bytes that are not a frame."""


class FrameReader:
    """Splits the attached stream into payloads, which are passed on and never collected.

    The size in a header reserves no memory.
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = 0
        self._left = 0  # bytes of the payload that are still to come

    @property
    def is_between_frames(self) -> bool:
        """Return whether the stream could end here without anything missing."""
        return not self._left and not self._header

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (STDOUT or STDERR, bytes) for what came in; raises FrameError."""
        view = memoryview(data)
        while view:
            if self._left:
                payload, view = view[: self._left], view[self._left :]
                self._left -= len(payload)
                yield self._stream, bytes(payload)
                continue
            missing = HEADER_BYTES - len(self._header)
            self._header += view[:missing]
            view = view[missing:]
            if len(self._header) == HEADER_BYTES:
                if self._header[0] not in (STDOUT, STDERR) or any(self._header[1:4]):
                    raise FrameError(f"no frame begins with {self._header.hex()}")
                self._stream = self._header[0]
                self._left = int.from_bytes(self._header[4:], "big")
                self._header.clear()


class Tail:
    """The last bytes of a log of any length; a line overwritten by CR counts once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept = bytearray()
        self._line = b""  # a line without its end so far
        self._has_forgotten = False
        self.total = 0  # bytes seen

    def add(self, data: bytes) -> None:
        """Append; forgets the oldest in large steps, so that the cost is linear."""
        self.total += len(data)
        lines, newline, self._line = (self._line + data).rpartition(b"\n")
        if b"\r" in lines:
            lines = b"\n".join(map(_last_states, lines.split(b"\n")))
        self._line = _last_states(self._line)
        if len(self._line) > MAX_LINE:
            self._line, newline = b"", newline + self._line
        new = lines + newline
        self._kept += new[-self._size :]
        self._has_forgotten |= len(new) > self._size
        if len(self._kept) > 2 * self._size:
            del self._kept[: -self._size]
            self._has_forgotten = True

    def text(self) -> str:
        """Return what is kept as plain text, from the start of a line where that is missing."""
        kept = bytes((self._kept + self._line)[-self._size :])
        if self._has_forgotten or len(self._kept) + len(self._line) > len(kept):
            end = kept.find(b"\n")
            kept = kept[end + 1 :]
        return plain(kept.decode("utf-8", "replace"))


def _last_states(line: bytes) -> bytes:
    """Return the last states of a line that a progress bar has overwritten.

    The very last state may be invisible, such as the end of a colour.
    """
    return b"\r".join(line.rsplit(b"\r", STATES)[-STATES:])
