"""A connection's socket as gunicorn's request and answer see it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections import deque
from typing import IO

IN_MEMORY = 1024 * 1024  # bytes of an answer; what is more goes to a file
IN_A_FILE = 256 * 1024 * 1024  # bytes of an answer; beyond them its thread waits for the reader
PIECE = 256 * 1024  # bytes sent at a time


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
    """Bytes on their way out."""

    def __init__(self, data: bytes) -> None:
        self.left = memoryview(data)

    def send(self, to: socket.socket, *, waits: bool = False) -> bool:
        """Send on; return whether all of it is sent. Raises OSError."""
        self.left = self.left[to.send(self.left[:PIECE]) :]
        return not self.left

    def close(self) -> None:
        self.left.release()


class Wire:
    """Reads wait for the sender, up to `silence` seconds without a byte; writes wait for nobody.

    What the reader does not take at once is kept, and sent by the worker's loop: a slow reader
    holds no thread. Used by one thread at a time.
    """

    def __init__(self, sock: socket.socket, silence: float) -> None:
        self._socket = sock
        self._silence = silence
        self._parts: deque[Part | Text] = deque()
        self._in_memory = self._in_file = 0  # bytes
        self._file: IO[bytes] | None = None
        self.waits_for_reader = False  # in a thread that has the time: an image is not copied
        sock.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection and forget what it has not taken."""
        while self._parts:
            self._parts.popleft().close()
        if self._file is not None:
            self._file.close()
        self._socket.close()

    # The loop's side: never waits ---------------------------------------------------------

    def receive(self, size: int) -> bytes:
        """Return what has come, b"" at the end. Raises OSError."""
        return self._socket.recv(size)

    def flush(self) -> bool:
        """Send on what is kept; return whether all of it is sent. Raises OSError."""
        try:
            while self._parts:
                if self._parts[0].send(self._socket):
                    self._parts.popleft().close()
        except (BlockingIOError, InterruptedError):
            return False
        self._in_memory = self._in_file = 0
        if self._file is not None:
            self._file.close()
            self._file = None
        return True

    def end_sending(self) -> None:
        """Tell the client that nothing more comes. Raises OSError."""
        self._socket.shutdown(socket.SHUT_WR)

    # gunicorn's side: in a thread ---------------------------------------------------------

    def recv(self, size: int) -> bytes:
        """Wait for the next bytes. Raises TimeoutError, OSError."""
        self._socket.settimeout(self._silence)
        try:
            return self._socket.recv(size)
        finally:
            self._socket.setblocking(False)

    def sendall(self, data: bytes) -> None:
        """Take bytes of an answer. Raises OSError."""
        self.flush()
        if len(data) + self._in_memory <= IN_MEMORY:
            self._parts.append(Text(data))
            self._in_memory += len(data)
        elif not self.waits_for_reader and len(data) + self._in_file <= IN_A_FILE:
            self._keep_in_file(data)
        else:
            self._wait_for_reader()
            self._parts.append(Text(data))
            self._in_memory += len(data)
        self.flush()

    send = sendall  # of "100 Continue"

    def sendfile(self, file: IO[bytes], offset: int, count: int) -> None:
        """Take a part of a file. Raises OSError."""
        self._parts.append(Part(os.dup(file.fileno()), offset, count))
        self.flush()

    def gettimeout(self) -> float:
        return self._silence

    def settimeout(self, _seconds: float | None) -> None:
        """Keep our own limits, whatever gunicorn sets."""

    def setblocking(self, _flag: bool) -> None:
        """Keep our own limits, whatever gunicorn sets."""

    def _keep_in_file(self, data: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the connection)
        offset = self._file.seek(0, os.SEEK_END)
        self._file.write(data)
        self._file.flush()
        self._in_file += len(data)
        self._parts.append(Part(os.dup(self._file.fileno()), offset, len(data)))

    def _wait_for_reader(self) -> None:
        """Send all that is kept. Raises TimeoutError when the reader takes nothing for too long."""
        self._socket.settimeout(self._silence)
        try:
            while self._parts:
                if self._parts[0].send(self._socket, waits=True):
                    self._parts.popleft().close()
        finally:
            self._socket.setblocking(False)
        self.flush()
