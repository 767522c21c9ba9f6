"""Feeds a container and reads it at the same time: two threads on the same socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable

from evaluator.container.errors import EngineError
from evaluator.container.frames import STDOUT, FrameError, FrameReader, Tail
from evaluator.container.output import OutputReader

READ_BYTES = 64 * 1024
DRAIN_TIMEOUT = 20  # seconds from a container's end to the end of its streams
JOIN_TIMEOUT = 5  # seconds until a thread has noticed that its socket is shut


class Streams:
    """The streams of a container, from its start to its end.

    The reader never stops before the stream does: an engine whose reader stops can't kill the
    container either (seen under gVisor, for 30 s).
    """

    def __init__(
        self,
        connection: socket.socket,
        chunks: Iterable[bytes],
        output: OutputReader,
        log: Tail,
        news: threading.Event,
    ) -> None:
        self._connection = connection
        self._chunks = chunks
        self._output = output
        self._log = log
        self._news = news  # set when the run should look
        self._failure: BaseException | None = None
        self._has_ended = False
        self._feeder = threading.Thread(target=self._feed, name="feeder", daemon=True)
        self._reader = threading.Thread(target=self._read, name="reader", daemon=True)

    def start(self) -> None:
        self._reader.start()
        self._feeder.start()

    def finish(self) -> None:
        """Read the rest, after the container has ended; raises EngineError if that fails.

        Unread input is cut off: it would keep the connection open for a minute.
        """
        self._shut(socket.SHUT_WR)
        self._reader.join(DRAIN_TIMEOUT)
        self.close()
        if self._failure is not None:
            raise self._failure
        if not self._has_ended:
            raise EngineError(f"its output did not end within {DRAIN_TIMEOUT} s of the container")

    def close(self) -> None:
        """End both threads; harmless if they have ended."""
        self._shut(socket.SHUT_RDWR)
        for thread in (self._feeder, self._reader):
            if thread.ident is not None:
                thread.join(JOIN_TIMEOUT)

    def _feed(self) -> None:
        # A system may end, or close its standard input, without having read everything.
        with contextlib.suppress(OSError):
            for chunk in self._chunks:
                self._connection.sendall(chunk)
            self._connection.shutdown(socket.SHUT_WR)

    def _read(self) -> None:
        frames = FrameReader()
        is_over = False
        try:
            while data := self._connection.recv(READ_BYTES):
                for stream, payload in frames.feed(data):
                    if stream == STDOUT:
                        self._output.feed(payload)
                        if self._output.is_over and not is_over:
                            is_over = True
                            self._news.set()
                    else:
                        self._log.add(payload)
            self._has_ended = frames.is_between_frames
        except (OSError, FrameError) as error:
            self._failure = EngineError(f"its output broke off: {error}")
        except BaseException as error:
            self._failure = error  # a bug of ours: raised where the caller sees it
        self._news.set()

    def _shut(self, how: int) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(how)
