"""The web server by itself: what it waits for, how long, and what it never waits for."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.serving import worker
from demo.child_processes import HOST, Children
from tests.e2e.hasty_server import PIECE
from tests.services.service import free_port

LIMIT = 2  # seconds: hasty_server's
LATER = 5.0  # seconds after a limit by which it has to have been kept, on a busy machine
HEAD = b" HTTP/1.1\r\nHost: here\r\n"
LARGE = 200_000  # bytes of a body that is read while it comes


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start the server; return its port."""
    with serving(tmp_path_factory.mktemp("hasty")) as port:
        yield port


@contextlib.contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[int]:
    """Run the server; yield its port."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "TMPDIR": str(folder)}
    children = Children(folder, environment)
    port = free_port()
    children.start("server", "tests.e2e.hasty_server", str(port), *arguments)
    try:
        deadline = time.monotonic() + 60
        while True:
            children.check()
            try:
                connect(port).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield port
        children.check()
    finally:
        children.stop()


def connect(port: int) -> socket.socket:
    client = socket.create_connection((HOST, port), timeout=30)
    return client


def rest(client: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    data = bytearray()
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return bytes(data)


def test_the_real_limits_are_those_that_the_guide_says():
    source = Path(worker.__file__).read_text()

    assert "\nHEADER_WITHIN = 15 " in source
    assert "\nSILENCE = 30 " in source


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"G", b"HTTP/1.1 408"),
        (b"GET /1" + HEAD, b"HTTP/1.1 408"),
        (b"\r\n\r\nGET /1" + HEAD, b"HTTP/1.1 408"),
        (b"POST /read" + HEAD + b"Content-Length: 10\r\n\r\nabc", b"HTTP/1.1 408"),
        (b"POST /read" + HEAD + b"Content-Length: %d\r\n\r\nabc" % LARGE, b""),
        (b"POST /read" + HEAD + b"Content-Length: 0000000000000000000099\r\n\r\n", b"HTTP/1.1 408"),
        (b"POST /read" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc", b""),
        (b"GET /1" + HEAD + b"X-Long: " + b"x" * 70_000, b"HTTP/1.1 431"),
        (b"NOT HTTP AT ALL\r\n\r\n", b"HTTP/1.1 400"),
    ],
)  # fmt: skip
def test_who_falls_silent_is_sent_away(port: int, sent: bytes, answer: bytes) -> None:
    started = time.monotonic()
    with connect(port) as client:
        client.sendall(sent)
        received = rest(client)

    assert received[: len(answer) or None] == answer
    assert time.monotonic() - started < LIMIT + LATER


def test_a_header_that_drips_has_no_longer(port: int) -> None:
    started = time.monotonic()
    with connect(port) as client:
        client.settimeout(0.3)
        client.sendall(b"GET /1" + HEAD + b"X-Slow: ")
        received = b""
        while not received and time.monotonic() - started < LIMIT + LATER:
            client.sendall(b"x")
            try:
                received = client.recv(12)
            except TimeoutError:
                continue

    assert received == b"HTTP/1.1 408"


@pytest.mark.parametrize("length", [20, LARGE])
def test_a_body_that_drips_is_waited_for(port: int, length: int) -> None:
    started = time.monotonic()
    with connect(port) as client:
        client.sendall(
            b"POST /read" + HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % length
        )
        for _ in range(10):
            client.sendall(b"x" * (length // 20))
            time.sleep(LIMIT / 5)
        client.sendall(b"x" * (length - 10 * (length // 20)))
        received = rest(client)

    assert time.monotonic() - started > 1.5 * LIMIT
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"\r\n\r\n%d" % length)


@pytest.mark.parametrize(
    ("path", "pieces"),
    [
        (b"/1", 1),  # 16 kB
        (b"/40", 40),  # kept in memory
        (b"/400", 400),  # kept in a file
        (b"/nodes/v1/runs/400/image", 400),  # not kept: its thread waits
    ],
)
def test_an_answer_that_is_taken_slowly_comes_whole(port: int, path: bytes, pieces: int) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect((HOST, port))
        client.sendall(b"GET " + path + HEAD + b"Connection: close\r\n\r\n")
        first = b""
        for _ in range(12):  # longer than a silence may last
            time.sleep(LIMIT / 8)
            first += client.recv(20_000)
        received = first + rest(client)

    body = received.split(b"\r\n\r\n", 1)[1]
    text = b"".join(piece for piece in body.split(b"\r\n")[1::2])  # it comes in chunks
    assert hashlib.sha256(text).digest() == hashlib.sha256(PIECE * pieces).digest()


def test_an_answer_that_is_not_taken_is_given_up(port: int) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect((HOST, port))
        client.sendall(b"GET /2000" + HEAD + b"\r\n")
        time.sleep(LIMIT + 3)
        received = rest(client)

    assert received.startswith(b"HTTP/1.1 200")
    assert len(received) < 2000 * len(PIECE)


@pytest.mark.parametrize("pieces", [1, 40, 130, 400])
def test_an_answer_that_breaks_off_comes_as_far_as_it_went(port: int, pieces: int) -> None:
    """And the client sees that it is not whole: the last chunk is missing."""
    with connect(port) as client:
        client.sendall(b"GET /breaks/%d" % pieces + HEAD + b"\r\n")
        time.sleep(LIMIT / 8)
        received = rest(client)

    assert received.count(b"0123456789abcdef") == len(PIECE) // 16 * pieces
    assert not received.endswith(b"0\r\n\r\n")


def test_few_open_files_cost_connections_and_not_the_process(tmp_path: Path) -> None:
    """80 open files, 100 connections, half of which do not read a long answer."""
    with serving(tmp_path, "80") as port:
        before = ask_process(port)
        clients = []
        for number in range(100):
            client = connect(port)
            clients.append(client)
            path = b"/200" if number % 2 else b"/1"
            with contextlib.suppress(OSError):
                client.sendall(b"GET " + path + HEAD + b"\r\n")
        during = ask_process(port)
        for client in clients:
            client.close()
        after = ask_process(port)

    assert "Too many open files: dropping connections" in (tmp_path / "server.log").read_text()
    assert before[0] == during[0] == after[0]
    assert during[1] <= 80


def ask_process(port: int) -> tuple[int, int]:
    """Return the number of the server's worker, and how many files it has open."""
    deadline = time.monotonic() + 10
    while True:
        with connect(port) as client, contextlib.suppress(OSError):
            client.sendall(b"GET /process" + HEAD + b"Connection: close\r\n\r\n")
            if b"200 OK" in (received := rest(client)):
                process, files = received.split(b"\r\n\r\n")[1].split()
                return int(process), int(files)
        assert time.monotonic() < deadline


def test_several_requests_on_a_connection(port: int) -> None:
    one = b"POST /read" + HEAD + b"Content-Length: 3\r\n\r\nabc"
    with connect(port) as client:
        client.sendall(one + one + b"\r\n" + one[:20])
        time.sleep(0.2)
        client.sendall(one[20:] + b"GET /refuse" + HEAD + b"Connection: close\r\n\r\n")
        received = rest(client)

    assert received.count(b"HTTP/1.1 200 OK") == 4
    assert received.endswith(b"refused")


@pytest.mark.parametrize("size", [1000, 30_000_000])
def test_a_refusal_reaches_who_still_sends(port: int, size: int) -> None:
    with connect(port) as client:
        client.sendall(b"POST /refuse" + HEAD + b"Content-Length: %d\r\n\r\n" % size)

        def send() -> None:
            with contextlib.suppress(OSError):
                client.sendall(b"x" * size)

        thread = threading.Thread(target=send)
        thread.start()
        thread.join(20)
        received = rest(client)

    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"refused")


def test_who_waits_to_be_told_to_go_on_is_told(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"POST /read" + HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        told = client.recv(1000)
        client.sendall(b"abc")
        received = rest(client)

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert received.endswith(b"\r\n\r\n3")


def test_who_waits_with_a_small_body_takes_no_thread(port: int) -> None:
    """More of them than the lane of large bodies has threads."""
    waiting = [connect(port) for _ in range(9)]
    try:
        for client in waiting:
            client.sendall(
                b"POST /read" + HEAD + b"Expect: 100-continue\r\nContent-Length: 60000\r\n\r\n"
            )
        told = {client.recv(1000) for client in waiting}
        with connect(port) as client:
            client.sendall(
                b"POST /read" + HEAD + b"Content-Length: %d\r\n\r\n" % LARGE + b"x" * LARGE
            )
            client.settimeout(LIMIT / 2)
            received = client.recv(12)
        waiting[0].sendall(b"x" * 60_000)
        ended = waiting[0].recv(1000)
    finally:
        for client in waiting:
            client.close()

    assert told == {b"HTTP/1.1 100 Continue\r\n\r\n"}
    assert received == b"HTTP/1.1 200"
    assert ended.startswith(b"HTTP/1.1 200")


def test_large_bodies_wait_for_each_other_and_nothing_else_does(port: int) -> None:
    """All eight threads of the lane are taken; small requests go on."""
    silent = [connect(port) for _ in range(30)]
    try:
        for client in silent:
            client.sendall(b"POST /read" + HEAD + b"Content-Length: %d\r\n\r\nabc" % LARGE)
        time.sleep(0.3)
        started = time.monotonic()
        for path in (b"/1", b"/3", b"/2"):
            with connect(port) as client:
                client.sendall(
                    b"GET "
                    + path.replace(b"nodes/v1/me", b"3")
                    + HEAD
                    + b"Connection: close\r\n\r\n"
                )
                assert rest(client).startswith(b"HTTP/1.1 200")
        took = time.monotonic() - started
    finally:
        for client in silent:
            client.close()

    assert took < LIMIT


def test_the_server_ends_soon_although_clients_stay(tmp_path: Path) -> None:
    children = Children(tmp_path, os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"})
    port = free_port()
    children.start("server", "tests.e2e.hasty_server", str(port))
    deadline = time.monotonic() + 60
    while True:
        try:
            client = connect(port)
            break
        except OSError:
            assert time.monotonic() < deadline, sys.stderr
            time.sleep(0.1)
    with client:
        client.sendall(b"GET /1" + HEAD + b"\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"

        assert children.end("server", within=20) == 0
