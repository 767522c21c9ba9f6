"""gunicorn's worker with threads, in which a slow connection holds no thread.

The loop waits for a whole header and a whole small body, and sends what a reader does not take at
once. Threads only work: pages, the nodes' protocol and transfers have threads of their own. A
larger body is read by a thread while it arrives; such threads have a lane of their own.
"""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import ThreadWorker

from config.serving.arrivals import MAX_HEADER_BYTES, Arrival, Lane, read_arrival
from config.serving.wire import Wire

HEADER_WITHIN = 15  # seconds from the first byte, or from the connection's beginning, to the last
SILENCE = 30  # seconds without a byte of a body, or of an answer that is taken
IDLE = 15  # seconds that a connection is kept for its next request
LINGER = 30  # seconds in which a client may take a refusal while it still sends
LINGER_AT_END = 2  # the same when the server is told to stop
LOOK_EVERY = 0.5  # seconds between two looks for late connections
NODE_THREADS = 8
READ = 64 * 1024  # bytes
# Of an answer, bytes in the kernel that are not on their way. It would take megabytes, and a reader
# of 20 kB/s would seem to take nothing for minutes.
UNSENT = 64 * 1024
# No connection can be taken for want of open files or memory: as many others go, so that threads
# can open files as well.
TOO_MANY = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
DROPPED = 8
PAUSE = 0.01  # seconds, if no connection can be dropped
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TCP_NOTSENT_LOWAT = 25  # Linux's number; Python has no name for it yet

Callback = Callable[["ClientConnection"], None]


class ClientConnection:
    """A client, and the request that is being received from it."""

    def __init__(self, sock: socket.socket, client: Any, server: Any) -> None:
        self.sock = Wire(sock, SILENCE)  # gunicorn's handle_request asks for this name
        self.client = client
        self.server = server
        self.received = bytearray()
        self.arrival: Arrival | None = None
        self.is_told = False  # that it may send its small body
        self.is_kept = False  # for another request, after the answer
        self.deadline = 0.0  # monotonic
        self.late: Callback | None = None  # what to do when it has passed
        self.events = 0  # that the loop waits for


class Worker(ThreadWorker):  # type: ignore[misc]
    """See the module. The number of threads is WEB_THREADS and WEB_TRANSFERS."""

    transfers = 64  # threads; config.serve sets it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: set[ClientConnection] = set()
        self._looked_at = 0.0
        self._lanes: dict[Lane, ThreadPoolExecutor] = {}

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Start the lanes; gunicorn asks for a pool, and ends it."""
        sizes = {
            Lane.PAGES: self.cfg.threads,
            Lane.NODES: NODE_THREADS,
            Lane.TRANSFERS: self.transfers,
        }
        self._lanes = {lane: ThreadPoolExecutor(size, lane) for lane, size in sizes.items()}
        return self._lanes[Lane.PAGES]

    def run(self) -> None:
        """Serve until told to stop."""
        super().run()
        for pool in self._lanes.values():
            pool.shutdown(wait=False, cancel_futures=True)

    # The loop: no single client can hold it up ---------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in TOO_MANY:
                raise
            self._make_room(error)
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._drop_latest()
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if sys.platform == "linux":
                sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT)
        self._receive(ClientConnection(sock, client, listener.getsockname()), HEADER_WITHIN)

    def murder_pending(self) -> None:
        """End what is late. gunicorn's loop calls this each time round."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        for conn in [conn for conn in self._waiting if conn.deadline <= now]:
            assert conn.late is not None
            conn.late(conn)
        if not self.alive:  # connections without a request need not be waited for
            for conn in list(self._waiting):
                if conn.late == self._refuse_late and not conn.received:
                    self._drop(conn)
            for conn in self._waiting:
                if conn.late == self._drop and conn.events == selectors.EVENT_READ:  # it lingers
                    conn.deadline = min(conn.deadline, now + LINGER_AT_END)

    def _receive(self, conn: ClientConnection, within: float) -> None:
        """Wait for a request."""
        conn.arrival, conn.is_told = None, False
        self._watch(conn, selectors.EVENT_READ, self._read, within, self._refuse_late)

    def _read(self, conn: ClientConnection) -> None:
        try:
            data = conn.sock.receive(READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
            return
        if not conn.received:
            conn.deadline = time.monotonic() + HEADER_WITHIN
            data = data.lstrip(b"\r\n")  # RFC 9112, section 2.2
        conn.received += data
        self._look(conn)

    def _look(self, conn: ClientConnection) -> None:
        """Hand a request over if enough of it is here."""
        if conn.arrival is None:
            conn.arrival = read_arrival(conn.received)
            conn.sock.begun_at = time.time()
        if conn.arrival is None:
            if len(conn.received) > MAX_HEADER_BYTES:
                self._refuse(conn, "431 Request Header Fields Too Large")
        elif len(conn.received) >= conn.arrival.awaited:
            self._hand_over(conn, conn.arrival)
        else:
            self._await_body(conn, conn.arrival)

    def _await_body(self, conn: ClientConnection, arrival: Arrival) -> None:
        conn.deadline = time.monotonic() + SILENCE
        if arrival.expects and not conn.is_told:
            conn.is_told = True
            try:
                conn.sock.sendall(CONTINUE)
            except OSError:
                self._drop(conn)

    def _hand_over(self, conn: ClientConnection, arrival: Arrival) -> None:
        self._unwatch(conn)
        done = self._lanes[arrival.lane].submit(self.handle, conn)
        done.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))

    def finish_request(self, conn: ClientConnection, done: Future[bool]) -> None:
        """Take a connection back from a thread."""
        has_worked = not done.cancelled() and done.exception() is None
        conn.is_kept = has_worked and done.result() and self.alive
        self._send(conn)

    def _send(self, conn: ClientConnection) -> None:
        """Send what the client has not taken yet, then wait for its next request, or close."""
        try:
            is_sent = conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        if not is_sent:
            self._watch(conn, selectors.EVENT_WRITE, self._send, SILENCE, self._drop)
        elif not conn.is_kept:
            self._close(conn)
        elif conn.received:
            self._receive(conn, HEADER_WITHIN)
            self._look(conn)
        else:
            self._receive(conn, IDLE)

    def _close(self, conn: ClientConnection) -> None:
        """End a connection so that the client can read the answer, even if it still sends.

        Closed at once, what it sends would make the kernel throw the answer away (RFC 9112, 9.6).
        """
        try:
            conn.sock.end_sending()
        except OSError:
            self._drop(conn)
            return
        conn.received.clear()
        self._watch(conn, selectors.EVENT_READ, self._discard, LINGER, self._drop)

    def _discard(self, conn: ClientConnection) -> None:
        try:
            if conn.sock.receive(READ):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self._drop(conn)

    def _refuse_late(self, conn: ClientConnection) -> None:
        if conn.received:
            self._refuse(conn, "408 Request Timeout")
        else:
            self._drop(conn)

    def _refuse(self, conn: ClientConnection, status: str) -> None:
        """Answer without the platform."""
        answer = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        self._unwatch(conn)
        conn.is_kept = False
        try:
            conn.sock.sendall(answer.encode())
        except OSError:
            self._drop(conn)
        else:
            self._send(conn)

    def _drop(self, conn: ClientConnection) -> None:
        self._unwatch(conn)
        self.nr_conns -= 1
        conn.sock.drop()

    def _drop_latest(self) -> None:
        """Make room if there are too many connections: drop those nearest to their deadline."""
        if self._waiting:
            self._drop(min(self._waiting, key=lambda conn: conn.deadline))

    def _make_room(self, error: OSError) -> None:
        """Drop connections nearest to their deadline: idle ones, and those without a request."""
        self.log.warning("%s: dropping connections, of %s", error.strerror, self.nr_conns)
        if not self._waiting:
            time.sleep(PAUSE)
        for conn in sorted(self._waiting, key=lambda conn: conn.deadline)[:DROPPED]:
            self._drop(conn)

    def _watch(
        self, conn: ClientConnection, events: int, act: Callback, within: float, late: Callback
    ) -> None:
        """Wait for a connection, so many seconds."""
        conn.deadline = time.monotonic() + within
        conn.late = late
        call = partial(_call, act, conn)
        if conn.events:
            self.poller.modify(conn.sock, events, call)
        else:
            self.poller.register(conn.sock, events, call)
        conn.events = events
        self._waiting.add(conn)

    def _unwatch(self, conn: ClientConnection) -> None:
        if conn.events:
            self.poller.unregister(conn.sock)
            conn.events = 0
            self._waiting.discard(conn)

    # The threads --------------------------------------------------------------------------

    def handle(self, conn: ClientConnection) -> bool:
        """Answer a request; return whether the connection can be kept for the next."""
        assert conn.arrival is not None
        request = None
        conn.sock.waits_for_reader = conn.arrival.lane == Lane.TRANSFERS
        parser = http.get_parser(self.cfg, conn.sock, conn.client)
        parser.unreader.unread(bytes(conn.received))
        conn.received.clear()
        try:
            request = next(parser)
            # What has not been read of a larger body is not worth the wait for it.
            request.must_close = request.must_close or not conn.arrival.is_whole
            if conn.arrival.is_whole:  # no client waits for "100 Continue" any more
                request._expected_100_continue = False
                request.headers = [pair for pair in request.headers if pair[0] != "EXPECT"]
            is_kept = bool(self.handle_request(request, conn)) and bool(parser.finish_body())
            conn.received += parser.unreader.take_buffered().lstrip(b"\r\n")
            return is_kept
        except (NoMoreData, StopIteration, OSError) as error:
            self.log.debug("a client went away, or said nothing for too long: %r", error)
        except Exception as error:
            self.handle_error(request, conn.sock, conn.client, error)
        return False


def _call(act: Callback, conn: ClientConnection, _sock: object) -> None:
    act(conn)
