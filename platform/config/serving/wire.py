"""The socket of a connection, as gunicorn's request and response classes use it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections import deque
from pathlib import Path
from typing import IO

from config.serving.budgets import SharedBudget

IN_MEMORY = 1024 * 1024  # bytes of an answer; what is more goes to a file
IN_A_FILE = 256 * 1024 * 1024  # bytes of an answer; beyond them its thread waits for the reader
PIECE = 256 * 1024  # bytes sent at a time
# Of all connections of a process together.
MEMORY = SharedBudget(64 * 1024 * 1024)  # bytes
FILES = SharedBudget(2 * 1024 * 1024 * 1024)  # bytes


class Part:
    """A part of a file on its way out."""

    def __init__(self, file: int, offset: int, count: int) -> None:
        self.file, self.offset, self.count = file, offset, count

    def send(self, to: socket.socket, *, waits: bool = False) -> bool:
        """Send on; return whether all of it is sent. Raises OSError."""
        size = min(self.count, PIECE)
        if waits:  # os.sendfile knows no time limit
            sent = to.send(os.pread(self.file, size, self.offset))
        else:
            sent = os.sendfile(to.fileno(), self.file, self.offset, size)
        if not sent:
            raise OSError("the file has become shorter")
        self.offset += sent
        self.count -= sent
        return not self.count

    def close(self) -> None:
        os.close(self.file)


class Text:
    """Bytes on their way out, which count in `budget` as long as they wait."""

    def __init__(self, budget: SharedBudget | None) -> None:
        self._data = bytearray()
        self._budget = budget

    def __len__(self) -> int:
        return len(self._data)

    def add(self, data: bytes) -> bool:
        """Take more bytes; return whether the budget has room for them."""
        if self._budget is not None and not self._budget.take(len(data)):
            return False
        self._data += data
        return True

    def send(self, to: socket.socket, *, waits: bool = False) -> bool:
        """Send on; return whether all of it is sent. Raises OSError."""
        self._forget(to.send(self._data[:PIECE]))
        return not self._data

    def close(self) -> None:
        self._forget(len(self._data))

    def _forget(self, count: int) -> None:
        del self._data[:count]
        if self._budget is not None:
            self._budget.give_back(count)


class KeptFile:
    """The part of an answer that does not fit into memory, in a file."""

    def __init__(self, folder: Path | None) -> None:
        """Begin a file. Raises OSError."""
        self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115 (closed when it is sent)
            buffering=0, dir=folder
        )
        self._sent = self._end = 0  # bytes

    def add(self, data: bytes) -> bool:
        """Take more bytes; return whether there is room for them."""
        if self._end + len(data) > IN_A_FILE or not FILES.take(len(data)):
            return False
        left, at = memoryview(data), self._end
        try:
            while left:
                written = os.pwrite(self._file.fileno(), left, at)
                left, at = left[written:], at + written
        except OSError:  # the disk is full, say
            FILES.give_back(len(data))
            return False
        self._end = at
        return True

    def send(self, to: socket.socket, *, waits: bool = False) -> bool:
        """Send on; return whether all of it is sent. Raises OSError."""
        if self._sent == self._end:
            return True
        part = Part(self._file.fileno(), self._sent, self._end - self._sent)
        is_sent = part.send(to, waits=waits)
        self._sent = part.offset
        return is_sent

    def close(self) -> None:
        FILES.give_back(self._end)
        self._file.close()


class Wire:
    """Reads wait for the sender, up to `silence` seconds without a byte; writes never wait.

    What the reader does not take at once is kept, and sent by the worker's loop. So a slow reader
    holds no thread, unless the process keeps too much already. Threads use a wire in turn.
    """

    folder: Path | None = None  # for what is kept in files; config.serve sets it

    def __init__(self, sock: socket.socket, silence: float) -> None:
        self._socket = sock
        self._silence = silence
        self._parts: deque[Part | Text | KeptFile] = deque()
        self._is_over = False  # gunicorn has given up on the answer
        self.waits_for_reader = False  # in a thread that has the time: an image is not copied
        self.begun_at = 0.0  # by time.time: when the header of the request was complete
        sock.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    # The loop's side: never waits ---------------------------------------------------------

    def drop(self) -> None:
        """Close the connection and forget what it has not taken."""
        while self._parts:
            self._parts.popleft().close()
        self._socket.close()

    def receive(self, size: int) -> bytes:
        """Return what has come, b"" at the end. Raises OSError."""
        return self._socket.recv(size)

    def flush(self) -> bool:
        """Send on what is kept; return whether all of it is sent. Raises OSError."""
        try:
            self._send_all(waits=False)
        except (BlockingIOError, InterruptedError):
            return False
        return True

    def end_sending(self) -> None:
        """Tell the client that nothing more comes. Raises OSError."""
        self._socket.shutdown(socket.SHUT_WR)

    # gunicorn's side: in a thread ---------------------------------------------------------

    def recv(self, size: int) -> bytes:
        """Wait for the next bytes. Raises TimeoutError, OSError."""
        if self._is_over:
            return b""
        self._socket.settimeout(self._silence)
        try:
            return self._socket.recv(size)
        finally:
            self._socket.setblocking(False)

    def sendall(self, data: bytes) -> None:
        """Take bytes of an answer. Raises OSError."""
        self.flush()
        if not self._keep(data):
            self._send_now(data)
        self.flush()

    send = sendall  # of "100 Continue"

    def sendfile(self, file: IO[bytes], offset: int, count: int) -> None:
        """Take a part of a file. Raises OSError."""
        self._parts.append(Part(os.dup(file.fileno()), offset, count))
        self.flush()

    def shutdown(self, _how: int) -> None:
        """Note that an answer broke off: the loop sends what is kept, and then ends sending."""
        self._is_over = True

    def close(self) -> None:
        """Leave it to the loop, which has to send what is kept; see `drop`."""
        self._is_over = True

    def gettimeout(self) -> float:
        return self._silence

    def settimeout(self, _seconds: float | None) -> None:
        """Keep our own limits, whatever gunicorn sets."""

    def setblocking(self, _flag: bool) -> None:
        """Keep our own limits, whatever gunicorn sets."""

    def _keep(self, data: bytes) -> bool:
        """Keep bytes for the reader; return whether there is room for them."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, KeptFile):  # until it is sent: one file per connection
            return last.add(data)
        text = last if isinstance(last, Text) else Text(MEMORY)
        if len(text) + len(data) <= IN_MEMORY and text.add(data):
            if text is not last:
                self._parts.append(text)
            return True
        if self.waits_for_reader:
            return False
        try:
            kept = KeptFile(self.folder)
        except OSError:  # too many open files, or the disk is full
            return False
        self._parts.append(kept)
        return kept.add(data)

    def _send_now(self, data: bytes) -> None:
        """Wait for the reader. Raises TimeoutError when it takes nothing for too long."""
        text = Text(None)
        text.add(data)
        self._socket.settimeout(self._silence)
        try:
            self._send_all(waits=True)
            self._parts.append(text)
            self._send_all(waits=True)
        finally:
            self._socket.setblocking(False)

    def _send_all(self, *, waits: bool) -> None:
        while self._parts:
            if self._parts[0].send(self._socket, waits=waits):
                self._parts.popleft().close()
