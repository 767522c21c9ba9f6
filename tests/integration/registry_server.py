"""A registry that does what a test says, honest or not, on loopback; and pushing to a real one."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from tests.archives import Json, Oci, SavedImage, digest

Pieces = bytes | Iterable[bytes]


@dataclass
class Answer:
    """What is answered; a body in pieces may have no end."""

    body: Pieces = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """The answers by their paths, and what was asked."""

    host: str
    answers: dict[str, Answer | Callable[[BaseHTTPRequestHandler], Answer]] = field(
        default_factory=dict
    )
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, authorisation

    def put(self, image: SavedImage, name: str = "team/system") -> str:
        """Serve an image; return its reference."""
        layout = Oci()
        return self.put_layout(layout, layout.manifest(image), name)

    def put_layout(self, layout: Oci, top: Json, name: str = "team/system") -> str:
        """Serve a layout; return the reference of what it is about."""
        for one, data in layout.blobs.items():
            for kind in ("manifests", "blobs"):
                self.answers[f"/v2/{name}/{kind}/{one}"] = Answer(data)
        return f"{self.host}/{name}@{top['digest']}"

    def blob(self, data: bytes, name: str = "team/system") -> str:
        """Return the path of a blob."""
        return f"/v2/{name}/blobs/{digest(data)}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ours: Server

    def do_GET(self) -> None:
        self.ours.asked.append((self.path, self.headers.get("Authorization", "")))
        answer = self.ours.answers.get(self.path.partition("?")[0], Answer(status=404))
        if callable(answer):
            answer = answer(self)
        self.send_response(answer.status)
        body = answer.body
        if isinstance(body, bytes):
            self.send_header("Content-Length", str(len(body)))
            body = [body]
        else:
            self.close_connection = True
        for key, value in answer.headers.items():
            self.send_header(key, value)
        with contextlib.suppress(OSError):  # whoever asks may have seen enough
            self.end_headers()
            for piece in body:
                self.wfile.write(piece)
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on a free port."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    ours = handler.ours = Server(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield ours
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bearer(realm: str, service: str = "") -> Answer:
    """Return the answer to somebody without a token."""
    said = f'Bearer realm="{realm}"' + (f',service="{service}"' if service else "")
    return Answer(b"{}", 401, {"WWW-Authenticate": said})


def as_json(**fields: object) -> bytes:
    """Return a JSON object."""
    return json.dumps(fields).encode()


def push(host: str, image: SavedImage) -> str:
    """Push an image as `docker push` does; return its reference."""
    layout = Oci()
    return push_layout(host, layout, layout.manifest(image))


def push_layout(host: str, layout: Oci, top: Json) -> str:
    """Push a layout whose uppermost document is a manifest; return its reference."""
    url = f"http://{host}/v2/team/system"
    with requests.Session() as session:
        for name, data in layout.blobs.items():
            if name == top["digest"]:
                continue
            place = session.post(f"{url}/blobs/uploads/").headers["Location"]
            session.put(place, params={"digest": name}, data=data).raise_for_status()
        session.put(
            f"{url}/manifests/latest",
            data=layout.blobs[str(top["digest"])],
            headers={"Content-Type": str(top["mediaType"])},
        ).raise_for_status()
    return f"{host}/team/system@{top['digest']}"
