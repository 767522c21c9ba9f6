"""A platform on loopback that speaks the nodes' protocol, goes wrong on demand, and remembers all.

It checks what a real one would: token, fence, that a run is open. Tests of nodes look at it only
through what it was told.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from evaluator.container import MB, SystemInput

TOKEN = "node-token-of-the-tests"
GIVE_UP = 30  # seconds
RUN = re.compile(r"/nodes/v1/runs/([0-9]+)/(heartbeat|hypotheses|log|finish|image)")
LIMITS = {
    "wall_time": 60,
    "memory": 256 * MB,
    "cpus": 2,
    "processes": 512,
    "tmp": 16 * MB,
    "shared_memory": 16 * MB,
    "output": 8 * MB,
    "line": 100_000,
    "log": 10_000,
}

Fault = int | str | Callable[["Handler"], None]


@dataclass
class Run:
    """A run as the platform knows it, and what it was told of it."""

    claim: dict[str, Any]
    archive: bytes = b""
    is_open: bool = False
    is_cancelled: bool = False
    beats: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # of the beats
    log: str | None = None
    hypotheses: list[str] | None = None
    end: dict[str, Any] | None = None  # as `finish` said it
    order: list[str] = field(default_factory=list)  # what was told, in this order


@dataclass(frozen=True)
class Request:
    """What a node sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class FakePlatform:
    """The server, its runs, and its faults by the name of what is asked for."""

    def __init__(self, *, lease: float = 30, heartbeat: float = 0.2) -> None:
        self.lease, self.heartbeat = lease, heartbeat
        self.runs: dict[int, Run] = {}
        self.waiting: list[int] = []
        self.requests: list[Request] = []
        self.faults: dict[str, list[Fault]] = {}  # each for one request
        self.always: dict[str, Fault] = {}
        self.is_drained = False
        self.wants_check = False  # until a claim says that the node is fit
        # Runs that fail on the node's side wait again, and three in a row ask for a check.
        self.tries_again = False
        self.failures = 0
        self.closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.platform = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(
        self,
        segments: Sequence[SystemInput],
        *,
        digest: str = "sha256:" + 64 * "0",
        archive: bytes = b"",
        unpacked: int | None = None,
        **changes: Any,
    ) -> Run:
        """Let a run wait; `changes` are of the claim's answer."""
        number = 17 + len(self.runs)
        claim = {
            "run": number,
            "fence": 4,
            "purpose": "test",
            "lease": self.lease,
            "heartbeat": self.heartbeat,
            "image": {
                "digest": digest,
                "archive": {
                    "url": f"/nodes/v1/runs/{number}/image?ticket=secret-ticket",
                    "sha256": hashlib.sha256(archive).hexdigest(),
                    "size": len(archive),
                },
                "unpacked": 2 * len(archive) if unpacked is None else unpacked,
            },
            "setting": {
                "source_language": "en",
                "target_language": "fr",
                "terminology_mode": "terms",
            },
            "limits": dict(LIMITS),
            "gpus": [],
            "quote": False,
            "segments": [as_row(segment) for segment in segments],
        }
        self.runs[number] = Run(claim | changes, archive)
        self.waiting.append(number)
        return self.runs[number]

    def asked(self, name: str) -> list[Request]:
        """Return the requests of one kind: claim, heartbeat, image, …"""
        return [one for one in self.requests if urlsplit(one.path).path.endswith(f"/{name}")]


def wait_for(condition: Callable[[], object], seconds: float = GIVE_UP) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def as_row(segment: SystemInput) -> dict[str, Any]:
    return {
        "document": segment.document,
        "source": segment.source,
        "terms": [{"source": one.source, "targets": list(one.targets)} for one in segment.terms],
        "annotated": segment.annotated,
    }


@contextmanager
def fake_platform(**options: Any) -> Iterator[FakePlatform]:
    platform = FakePlatform(**options)
    try:
        yield platform
    finally:
        platform.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    platform: FakePlatform

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A node that hangs up, or was killed, is no error of the server's."""


class Handler(BaseHTTPRequestHandler):
    """One request; faults come before everything else."""

    protocol_version = "HTTP/1.1"
    server: Server

    @property
    def platform(self) -> FakePlatform:
        return self.server.platform

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def _handle(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.platform.requests.append(
            Request(self.command, self.path, dict(self.headers), self.body)
        )
        name = urlsplit(self.path).path.rpartition("/")[2]
        faults = self.platform.faults.get(name)
        fault = faults.pop(0) if faults else self.platform.always.get(name)
        if fault is None:
            self.handle_well(name)
        elif isinstance(fault, int):
            self.answer(fault, {"error": "a fault of the tests"})
        elif fault == "hang up":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "stall":
            self.platform.closing.wait(GIVE_UP)
        elif fault == "hang up afterwards":  # done, but the answer is lost
            self.wfile = open("/dev/null", "wb")  # noqa: SIM115 (closed with the request)
            self.handle_well(name)
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            assert callable(fault)
            fault(self)

    def handle_well(self, name: str) -> None:
        """Do what a platform does."""
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"error": "unknown token"})
            return
        found = RUN.fullmatch(urlsplit(self.path).path)
        if found is None:
            {"me": self._me, "claim": self._claim, "goodbye": self._goodbye, "trial": self._trial}[
                name
            ]()
            return
        run = self.platform.runs[int(found[1])]
        if name == "image":
            self.send_archive(run.archive)
        elif self._fence(name) != run.claim["fence"]:
            self.answer(409, {"error": "not yours"})
        elif name == "finish" and run.end == json.loads(self.body):
            self.answer(204)
        elif not run.is_open:
            self.answer(409, {"error": "not open"})
        else:
            getattr(self, f"_{name}")(run)

    def _fence(self, name: str) -> int:
        if self.command == "PUT":
            return int(parse_qs(urlsplit(self.path).query)["fence"][0])
        return int(json.loads(self.body)["fence"])

    def _me(self) -> None:
        self.answer(200, {"name": "node-1", "is_drained": self.platform.is_drained})

    def _note_health(self) -> None:
        health = json.loads(self.body).get("health")
        if health is not None:
            self.platform.wants_check = not health["is_fit"]
            if health["is_fit"] and "claim" in self.path:
                self.platform.failures = 0

    def _goodbye(self) -> None:
        self.answer(204)

    def _claim(self) -> None:
        self._note_health()
        if self.platform.wants_check:
            self.answer(204, headers={"Terminarium-Check": "1"})
            return
        if self.platform.is_drained or not self.platform.waiting:
            drained = {"Terminarium-Drained": "1"} if self.platform.is_drained else {}
            self.answer(204, headers=drained)
            return
        run = self.platform.runs[self.platform.waiting.pop(0)]
        run.is_open, run.end = True, None
        self.answer(200, run.claim)

    def _heartbeat(self, run: Run) -> None:
        run.beats.append(json.loads(self.body))
        run.times.append(time.monotonic())
        self.answer(200, {"cancel": run.is_cancelled, "lease": self.platform.lease})

    def _log(self, run: Run) -> None:
        run.log = self.body.decode()
        run.order.append("log")
        self.answer(204)

    def _hypotheses(self, run: Run) -> None:
        run.hypotheses = [json.loads(line) for line in self.body.decode().split("\n")[:-1]]
        run.order.append("hypotheses")
        self.answer(204)

    def _finish(self, run: Run) -> None:
        run.end = json.loads(self.body)
        self._note_health()
        run.order.append("finish")
        run.is_open = False
        if self.platform.tries_again:
            self._try_again(run)
        self.answer(204)

    def _try_again(self, run: Run) -> None:
        assert run.end is not None
        if run.end["outcome"] not in ("image_unavailable", "engine_error"):
            self.platform.failures = 0
            return
        self.platform.waiting.append(run.claim["run"])
        self.platform.failures += 1
        self.platform.wants_check |= self.platform.failures >= 3

    def _trial(self) -> None:
        self.answer(204)

    def send_archive(self, archive: bytes, *, most: int | None = None) -> None:
        """Answer with the piece that was asked for, or only so many bytes of it."""
        wanted = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        piece = archive[start:]
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(archive) - 1}/{len(archive)}")
        self.send_header("Content-Length", str(len(piece)))
        self.end_headers()
        self.wfile.write(piece[:most])
        self.wfile.flush()
        if most is not None:
            self.connection.shutdown(socket.SHUT_RDWR)

    def answer(
        self, status: int, value: object = None, headers: dict[str, str] | None = None
    ) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, content in (headers or {}).items():
            self.send_header(name, content)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    """A platform that the test's node talks to."""
    with fake_platform() as platform:
        yield platform
