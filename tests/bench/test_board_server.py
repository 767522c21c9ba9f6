"""What boards cost on a real server, against a bare view with the same middleware: ratios.

Eight connections ask for five boards in twenty selections each, in random order, half of them
signed in (one with systems on every board, one without), and for the start page. The bare view
makes one query and sends as many bytes as a board's page has. Measured is the server's processor
time for an answer; the rates in answers a second are printed beside it.
"""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import psutil
import pytest

from demo.child_processes import HOST
from tests.bench.conftest import Record
from tests.e2e.session import TOKEN, session_of
from tests.e2e.site import Site
from tests.integration.board_rows import METRICS

pytestmark = pytest.mark.bench

BOARDS, ENTRIES, CONNECTIONS = ("fr", "de", "ru", "zh", "cs"), 43, 8
QUERIES = [
    "", *(f"sort={metric}" for metric in METRICS[1:12]), "track=constrained",
    "track=unconstrained", "entries=primary", "dense=1", "dense=1&sort=bleu",
    "entries=primary&sort=bleu", "track=constrained&sort=bleu", "team=team-3",
]  # fmt: skip
ADDRESSES = [
    f"/boards/bench/test/en-{board}{query and '?'}{query}" for board in BOARDS for query in QUERIES
]
ROUNDS, SECONDS = 5, 3.0  # each of these of each kind of request
HEAD_END = b"\r\n\r\n"


@dataclass
class Answer:
    """An answer as it came."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value."""
        found = re.search(rf"\r\n{name}: ([^\r]*)".encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""


class Connection:
    """A connection that is kept, of a reader."""

    def __init__(self, port: int, session: str) -> None:
        self._port, self.reader = port, session
        self._connect()
        cookie = f"Cookie: sessionid={session}; csrftoken={TOKEN}\r\n" if session else ""
        self._rest = f"Host: localhost\r\nAccept-Encoding: gzip\r\n{cookie}"

    def _connect(self) -> None:
        self._socket = socket.create_connection((HOST, self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path: str, more: str = "") -> Answer:
        """Return the answer to a request."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._rest}{more}\r\n".encode())
        data = b""
        while HEAD_END not in data:
            data += self._receive()
        head, _, body = data.partition(HEAD_END)
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
        while length and len(body) < int(length[1]):
            body += self._receive()
        return Answer(int(head[9:12]), head, body)

    def open_again(self) -> None:
        """Open it again: the server closes what is not used for some seconds."""
        self.close()
        self._connect()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _receive(self) -> bytes:
        data = self._socket.recv(262_144)
        assert data, "the server has closed the connection"
        return data


@dataclass
class Measured:
    """What answers of one kind cost."""

    cost: float  # seconds of the server's processors for an answer
    rate: float  # answers a second


class Server:
    """A site's server under its clients."""

    def __init__(self, site: Site, sessions: Sequence[str]) -> None:
        readers = [sessions[n % len(sessions)] if n % 2 else "" for n in range(CONNECTIONS)]
        self.connections = [Connection(site.port, session) for session in readers]
        main = psutil.Process(site.children.pid("server"))
        self._processes = [main, *main.children(recursive=True)]

    def close(self) -> None:
        """Close all connections."""
        for connection in self.connections:
            connection.close()

    def measure(self, act: Callable[[Connection, random.Random], object]) -> Measured:
        """Let all clients ask for some seconds."""
        counts, began, cost = [0] * CONNECTIONS, time.monotonic(), self._spent()

        def run(number: int) -> None:
            numbers = random.Random(number)
            while time.monotonic() < began + SECONDS:
                act(self.connections[number], numbers)
                counts[number] += 1

        for connection in self.connections:
            connection.open_again()
        threads = [threading.Thread(target=run, args=[n]) for n in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total, took = sum(counts), time.monotonic() - began
        return Measured((self._spent() - cost) / total, total / took)

    def _spent(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._processes)


@pytest.fixture(scope="module")
def server(make_site: Callable[..., Site]) -> Iterator[Server]:
    """The server as documented, with boards and a bare view."""
    site = make_site(is_forked=False, DJANGO_SETTINGS_MODULE="tests.bench.bare_site")
    site.run("tests.bench.board_site", str(len(BOARDS)), str(ENTRIES))
    site.start_web()
    server = Server(site, [session_of(site, name) for name in ("alice", "charlie")])
    yield server
    server.close()


def test_boards_against_a_bare_view(server: Server, record: Record) -> None:
    etags: dict[tuple[str, str], str] = {}
    sizes = []
    for connection in server.connections[:4]:  # of each reader
        connection.open_again()
        for address in ADDRESSES:
            answer = connection.ask(address)
            assert answer.status == 200
            sizes.append(len(answer.body))
            etags[connection.reader, address] = answer.header("etag")
    size = round(sum(sizes) / len(sizes))
    print(f"\n{len(ADDRESSES)} pages of {size} bytes on average")

    def ask_board(connection: Connection, chooser: random.Random) -> None:
        assert connection.ask(chooser.choice(ADDRESSES)).status == 200

    def ask_bare(connection: Connection, chooser: random.Random) -> None:
        assert connection.ask(f"/bare/{size}").status == 200

    def ask_again(connection: Connection, chooser: random.Random) -> None:
        address = chooser.choice(ADDRESSES)
        etag = etags[connection.reader, address]
        assert connection.ask(address, f"If-None-Match: {etag}\r\n").status == 304

    def ask_start(connection: Connection, chooser: random.Random) -> None:
        assert connection.ask("/").status == 200

    kinds = {"bare": ask_bare, "boards": ask_board, "304": ask_again, "start page": ask_start}
    taken: dict[str, list[Measured]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, act in kinds.items():
            taken[kind].append(server.measure(act))

    costs = {kind: median(one.cost for one in all_) for kind, all_ in taken.items()}
    rates = {kind: median(one.rate for one in all_) for kind, all_ in taken.items()}
    for kind in kinds:
        print(f"{kind}: {1000 * costs[kind]:.2f} ms of a processor, {rates[kind]:.0f} a second")
    boards = f"{len(BOARDS)} boards of {ENTRIES} × {len(QUERIES)} selections"
    work = {"boards": boards, "304": f"{boards}, 304", "start page": "start page"}
    for kind, wanted in (("boards", 0.4), ("304", 0.8), ("start page", 0.4)):
        share, rate = costs["bare"] / costs[kind], rates[kind] / rates["bare"]
        record(
            f"{work[kind]}, {CONNECTIONS} conn., half signed in",
            "bare view, one query, as many bytes",
            f"{share:.0%} of its rate ({rates[kind]:.0f} a second; by the clock {rate:.0%})",
            f"{wanted:.0%}",
        )
        assert share >= wanted, kind
