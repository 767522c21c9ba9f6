"""What the web server keeps of answers that are not taken: one open file, a bounded sum."""

from __future__ import annotations

import os
import resource
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import serve
from config.serving import wire
from config.serving.budgets import SharedBudget
from config.serving.wire import Wire

MB = 1024**2


@pytest.fixture
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Wire, socket.socket]]:
    """Return a wire and its reader, which takes little at once."""
    monkeypatch.setattr(Wire, "folder", tmp_path)
    monkeypatch.setattr(wire, "MEMORY", SharedBudget(64 * MB))
    monkeypatch.setattr(wire, "FILES", SharedBudget(2048 * MB))
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(10)
    sent = Wire(ours, 2)
    yield sent, theirs
    sent.drop()
    theirs.close()
    assert (wire.MEMORY.taken, wire.FILES.taken) == (0, 0)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def take_all(sent: Wire, reader: socket.socket, size: int) -> bytes:
    """Read as much, while the loop sends."""
    data = bytearray()
    while len(data) < size:
        sent.flush()
        data += reader.recv(MB)
    assert sent.flush()
    return bytes(data)


@pytest.mark.parametrize("size", [20, 1_000, 4_000])
def test_an_answer_of_many_pieces_costs_one_open_file(ends, size):
    sent, reader = ends
    pieces = [f"{number:>{size}}".encode() for number in range(max(5_000, 2 * MB // size))]
    before = open_files()

    for piece in pieces:
        sent.sendall(piece)

    assert open_files() == before + 1
    assert take_all(sent, reader, size * len(pieces)) == b"".join(pieces)
    assert open_files() == before


@pytest.mark.parametrize("sizes", [[3 * MB], [900_000, 900_000, 10, 2 * MB], [10, MB, 10, MB, 10]])
def test_pieces_of_any_size_come_in_their_order(ends, sizes):
    sent, reader = ends
    pieces = [bytes([65 + number]) * size for number, size in enumerate(sizes)]

    for piece in pieces:
        sent.sendall(piece)

    assert take_all(sent, reader, sum(sizes)) == b"".join(pieces)


def test_a_file_between_pieces_comes_in_its_order(ends, tmp_path):
    sent, reader = ends
    path = tmp_path / "file"
    path.write_bytes(b"f" * MB)

    sent.sendall(b"a" * 900_000)
    with path.open("rb") as file:
        sent.sendfile(file, 10, MB - 10)
    sent.sendall(b"b" * 900_000)

    expected = b"a" * 900_000 + b"f" * (MB - 10) + b"b" * 900_000
    assert take_all(sent, reader, len(expected)) == expected


@pytest.mark.parametrize("why", ["memory and files", "the disk", "open files", "no folder"])
def test_where_nothing_more_can_be_kept_the_thread_waits(ends, why, monkeypatch, tmp_path):
    sent, reader = ends
    monkeypatch.setattr(wire, "MEMORY", SharedBudget(300_000))
    if why == "memory and files":
        monkeypatch.setattr(wire, "FILES", SharedBudget(500_000))
    elif why == "the disk":
        monkeypatch.setattr(os, "pwrite", fail)
    elif why == "open files":
        monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    else:
        monkeypatch.setattr(Wire, "folder", tmp_path / "none")
    data = bytearray()

    def read() -> None:
        while len(data) < 4 * MB:
            data.extend(reader.recv(50_000))

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(64):
        sent.sendall(bytes([number]) * (MB // 16))
    while not sent.flush():
        pass
    thread.join(10)

    assert bytes(data) == b"".join(bytes([number]) * (MB // 16) for number in range(64))
    assert (wire.MEMORY.taken, wire.FILES.taken) == (0, 0)


def fail(*_: object, **__: object) -> None:
    raise OSError("nothing more")


def test_many_connections_keep_no_more_than_the_process_may(ends, monkeypatch):
    monkeypatch.setattr(wire, "MEMORY", SharedBudget(2 * MB))
    monkeypatch.setattr(wire, "FILES", SharedBudget(3 * MB))
    pairs = [socket.socketpair() for _ in range(6)]
    wires = [Wire(ours, 0.05) for ours, _ in pairs]
    given_up = 0
    for one in wires:
        try:
            for _ in range(30):
                one.sendall(b"x" * 100_000)
        except TimeoutError:
            given_up += 1

    assert wire.MEMORY.taken <= 2 * MB
    assert 0 < wire.FILES.taken <= 3 * MB
    assert given_up
    for one, (_, theirs) in zip(wires, pairs, strict=True):
        one.drop()
        theirs.close()
    assert (wire.MEMORY.taken, wire.FILES.taken) == (0, 0)


def test_what_is_kept_is_beside_the_storage(ends, tmp_path):
    sent, _ = ends
    sent.sendall(b"x" * 3 * MB)

    links = [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]

    assert any(link.startswith(str(tmp_path)) for link in links)


def test_gunicorn_ends_an_answer_and_what_is_kept_is_sent(ends):
    sent, reader = ends
    sent.sendall(b"x" * 2 * MB)

    sent.shutdown(socket.SHUT_WR)
    assert sent.recv(10) == b""  # it does not wait
    sent.close()

    assert len(take_all(sent, reader, 2 * MB)) == 2 * MB


@pytest.mark.parametrize(
    ("limit", "connections"),
    [(8192, 2000), (4416, 2000), (1024, 304), (256, 64), (80, 20), (resource.RLIM_INFINITY, 2000)],
)
def test_the_number_of_connections_follows_from_the_limit(
    limit, connections, settings, monkeypatch
):
    settings.WEB_THREADS, settings.WEB_TRANSFERS = 16, 64
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))

    assert serve.count_connections() == connections


@pytest.mark.parametrize("grace", [1, 30, 1800])
def test_a_stop_waits_as_long_as_the_setting_says(grace, settings):
    settings.WEB_GRACE = grace

    assert serve.Server(["127.0.0.1:0"]).cfg.graceful_timeout == grace
