"""The engine's multiplexed stream, and the tail of a log that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

STDOUT: Final = 1
STDERR: Final = 2
HEADER_BYTES = 8  # stream, three zeros, size of the payload (big-endian)


class FrameError(Exception):
    """The engine sent what is no frame."""


class FrameReader:
    """Takes the attached stream apart; payloads are passed on as they come, never collected.

    What a header says about its payload's size reserves no memory.
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = 0
        self._left = 0  # bytes of the payload that are still to come

    @property
    def is_between_frames(self) -> bool:
        """Whether the stream could end here without anything missing."""
        return not self._left and not self._header

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (STDOUT or STDERR, bytes) for what came in; raises FrameError."""
        view = memoryview(data)
        while view:
            if not self._left:
                view = self._read_header(view)
                continue
            payload, view = view[: self._left], view[self._left :]
            self._left -= len(payload)
            yield self._stream, bytes(payload)

    def _read_header(self, view: memoryview) -> memoryview:
        missing = HEADER_BYTES - len(self._header)
        self._header += view[:missing]
        if len(self._header) == HEADER_BYTES:
            if self._header[0] not in (STDOUT, STDERR) or any(self._header[1:4]):
                raise FrameError(f"no frame begins with {self._header.hex()}")
            self._stream = self._header[0]
            self._left = int.from_bytes(self._header[4:], "big")
            self._header.clear()
        return view[missing:]


class Tail:
    """The last bytes of a stream of any length."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept = bytearray()
        self.total = 0  # bytes seen

    def add(self, data: bytes) -> None:
        """Append; forgets the oldest in large steps, so that the cost is linear."""
        self.total += len(data)
        self._kept += data[-self._size :]
        if len(self._kept) > 2 * self._size:
            del self._kept[: -self._size]

    def text(self) -> str:
        """Return what is kept, from the start of a line where the start is missing."""
        kept = bytes(self._kept[-self._size :])
        if self.total > len(kept):
            end = kept.find(b"\n")
            kept = kept[end + 1 :]
        return kept.decode("utf-8", "replace")
