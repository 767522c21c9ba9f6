"""Clients that are slow in every way that we know, honest or not; bounded in number."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the authorities, which take 30 ms
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE  # a site signed itself
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@dataclass(frozen=True)
class Kind:
    """What one client sends at once, and what it then sends one byte of at a time."""

    begin: bytes
    drip: bytes = b""
    reads_nothing: bool = False


def kinds(host: str, page: str) -> dict[str, Kind]:
    """Return the kinds; `page` is as large as the site has one."""
    head = f"Host: {host}\r\n".encode()
    asked = f"GET {page} HTTP/1.1\r\n".encode() + head + b"\r\n"
    sign_in = b"POST /account/sign-in HTTP/1.1\r\n" + head + FORM
    return {
        "says nothing": Kind(b""),
        "half a header": Kind(b"GET / HTTP/1.1\r\nHo"),
        "a header, byte by byte": Kind(b"GET / HTTP/1.1\r\n" + head + b"X-Slow: ", b"x"),
        "a small body, byte by byte": Kind(sign_in + b"Content-Length: 2000\r\n\r\n", b"x"),
        "a large body, byte by byte": Kind(sign_in + b"Content-Length: 900000\r\n\r\n", b"x"),
        "a body in chunks, never ended": Kind(
            sign_in + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", b""
        ),
        "waits to be told to go on": Kind(
            sign_in + b"Expect: 100-continue\r\nContent-Length: 900000\r\n\r\n"
        ),
        "takes no answer": Kind(asked * 20, reads_nothing=True),
        "a node's body without a token": Kind(
            b"PUT /nodes/v1/runs/1/log?fence=1 HTTP/1.1\r\n"
            + head
            + b"Content-Length: 900000\r\n\r\n",
            b"x",
        ),
    }


def connect(url: str, *, small_window: bool = False) -> socket.socket:
    """Open a connection to a site, over TLS if it says so."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    bare = socket.socket()
    if small_window:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    bare.settimeout(20)
    bare.connect((parts.hostname, parts.port or 80))
    if parts.scheme != "https":
        return bare
    return TRUSTING.wrap_socket(bare)


@contextlib.contextmanager
def slow_clients(url: str, chosen: list[Kind], *, each: int) -> Iterator[Callable[[], int]]:
    """Keep so many clients of each kind; yield a function that counts the bytes they dripped."""
    dripping: list[tuple[socket.socket, bytes]] = []
    clients: list[socket.socket] = []
    ended = threading.Event()
    dripped = 0

    def drip() -> None:
        nonlocal dripped
        while not ended.wait(0.5):
            for client, byte in dripping:
                with contextlib.suppress(OSError):  # it was sent away
                    dripped += client.send(byte)

    thread = threading.Thread(target=drip)
    try:
        for kind in chosen:
            for _ in range(each):
                client = connect(url, small_window=kind.reads_nothing)
                clients.append(client)
                client.sendall(kind.begin)
                if kind.drip:
                    dripping.append((client, kind.drip))
        thread.start()
        yield lambda: dripped
    finally:
        ended.set()
        if thread.ident is not None:
            thread.join(30)
        for client in clients:
            client.close()
