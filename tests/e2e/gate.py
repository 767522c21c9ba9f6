"""A gate between a node and the platform: it remembers what passes and holds what it is to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from demo.child_processes import HOST
from tests.services.service import free_port

HELD_WITHIN = 60  # seconds
WITHIN = 60  # seconds for the platform to answer
OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Exchange:
    """What a node asked, and what it was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes


@dataclass
class Hold:
    """Requests that wait until it is said what becomes of them.

    They wait before the platform has them, or, with a status, when it has answered so.
    """

    part: str  # of the address
    status: int | None
    reached: threading.Event = field(default_factory=threading.Event)
    decided: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False

    def wait(self) -> None:
        """Wait until something is held."""
        assert self.reached.wait(HELD_WITHIN), f"nothing came for {self.part}"

    def drop(self) -> None:
        """Let what is held vanish, and everything of its kind pass from now on."""
        self.is_dropped = True
        self.decided.set()

    def release(self) -> None:
        """Let it pass, late."""
        self.decided.set()


class Gate:
    """Listens where the node takes the platform to be."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._holds: list[Hold] = []
        self.exchanges: list[Exchange] = []
        self._server = ThreadingHTTPServer((HOST, free_port()), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for hold in self._holds:
            hold.drop()
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def holding(self, part: str, *, status: int | None = None) -> Iterator[Hold]:
        """Hold requests whose address has this part, or their answers of this status."""
        hold = Hold(part, status)
        self._holds.append(hold)
        yield hold
        hold.drop()

    def asked(self, part: str) -> list[Exchange]:
        """Return what has passed to addresses with this part."""
        return [one for one in self.exchanges if part in one.path]

    def wait_for(self, condition: Callable[[], object], *, within: float = 30) -> None:
        """Wait until something has passed."""
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, [(e.path, e.status) for e in self.exchanges[-20:]]
            time.sleep(0.05)

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if self._is_dropped(request.path, None):
            request.close_connection = True
            return
        exchange, headers = self._pass_on(request, body)
        self.exchanges.append(exchange)
        if self._is_dropped(request.path, exchange.status):
            request.close_connection = True
            return
        request.send_response(exchange.status)
        for name, value in headers:
            if name.lower() not in OWN:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(exchange.answer)))
        request.end_headers()
        request.wfile.write(exchange.answer)

    def _is_dropped(self, path: str, status: int | None) -> bool:
        for hold in self._holds:
            if hold.part in path and hold.status == status and not hold.decided.is_set():
                hold.reached.set()
                hold.decided.wait()
                return hold.is_dropped
        return False

    def _pass_on(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[Exchange, list[tuple[str, str]]]:
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        connection = HTTPConnection(self._host, timeout=WITHIN)
        try:
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            status, data, told = answer.status, answer.read(), answer.getheaders()
        except OSError:  # the platform is away
            status, data, told = 502, b"", []
        finally:
            connection.close()
        return Exchange(request.command, request.path, headers, body, status, data), told

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                gate._handle(self)

            do_POST = do_PUT = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
