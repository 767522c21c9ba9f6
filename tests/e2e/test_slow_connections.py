"""Slow clients of every kind, while pages, a node's signs of life and uploads go on."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.archives import SavedImage, old_docker, tar
from tests.e2e.proxy import Proxy
from tests.e2e.session import TOKEN, session_of
from tests.e2e.site import Site
from tests.e2e.slowness import TRUSTING, connect, kinds, slow_clients
from tests.integration.samples import PERFECT, REFERENCE, SOURCE, as_text

EACH = 50  # clients of each kind
USUALLY = 2.0  # seconds that an answer may take, on a busy machine
AT_MOST = 10.0  # seconds that any answer may take
HONEST = 2  # uploads of each member that come at 20 kB/s
FIELDS = {"terminology_use": "inference", "is_constrained": "on", "end": "end"}


@dataclass
class Client:
    """A browser or a node, on a connection of its own for each request."""

    url: str
    session: str = ""
    token: str = ""

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Return an answer's status and body."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        if parts.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=60, context=TRUSTING
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        try:
            connection.request(method, path, body or None, self._headers(kind))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _headers(self, kind: str) -> dict[str, str]:
        headers = {"Origin": self.url} | ({"Content-Type": kind} if kind else {})
        if self.session:
            headers["Cookie"] = f"sessionid={self.session}; csrftoken={TOKEN}"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def form(fields: dict[str, str], field: str, name: str, content: bytes) -> tuple[bytes, str]:
    """Return a form with a file, and its type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in (FIELDS | fields | {"csrfmiddlewaretoken": TOKEN}).items()
    ]
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    parts += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), content]
    parts += [f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


@pytest.fixture(scope="module", params=["a bare server", "behind nginx"])
def site(
    request: pytest.FixtureRequest,
    make_site: Callable[..., Site],
    require_service: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A site with a test set of four segments, which takes images."""
    is_proxied = request.param == "behind nginx"
    program = require_service("nginx") if is_proxied else ""
    settings = {"BEHIND_TLS_PROXY": "true", "PROXY_COUNT": "1"} if is_proxied else {}
    site = make_site(NODE_LEASE="600", **settings)  # a busy machine takes long to begin
    (site.folder / "source.sgm").write_text(SOURCE)
    (site.folder / "reference.sgm").write_text(REFERENCE)
    site.import_test_set(
        site.folder / "source.sgm", site.folder / "reference.sgm", shared_task="small"
    )
    site.allow_images()
    if is_proxied:
        proxy = Proxy(program, tmp_path_factory.mktemp("proxy") / "nginx")
        try:
            proxy.start(site)
            yield site
        finally:
            proxy.stop()
    else:
        site.start_web()
        yield site


@pytest.fixture
def run(site: Site, tmp_path: Path) -> tuple[Client, str]:
    """A node that has a run, and the address of its signs of life."""
    archive = tmp_path / "system.tar"
    archive.write_bytes(tar(*old_docker(SavedImage())))
    checked = (
        "from submissions.pipeline.tasks import check_image; "
        f"check_image.apply(args=[{site.submit_image(archive)}], task_id='checked')"
    )
    site.manage("shell", "--no-imports", "-c", checked)  # sooner than a worker would
    entry = site.rows("select max(id) from submissions_entry")[0][0]
    token = secrets.token_urlsafe()
    site.add_node("cpu-1", token)
    node = Client(site.url, token=token)
    machine = {"cpus": 4, "memory": 2**34, "gpus": [], "runtime": "", "version": "1"}
    status, body = node.send("POST", "/nodes/v1/claim", json.dumps(machine).encode())
    assert status == 200, body
    found = site.rows(f"select id, fence from nodes_run where entry_id = {entry}")
    assert len(found) == 1
    beat = {"fence": found[0][1], "stage": "running", "done": 0, "segments": 4, "memory": None}
    return node, json.dumps({"path": f"/nodes/v1/runs/{found[0][0]}/heartbeat", "body": beat})


def timed(act: Callable[[], int]) -> tuple[int, float]:
    started = time.monotonic()
    status = act()
    return status, time.monotonic() - started


def image_upload(site: Site, session: str, member: str, number: int) -> bytes:
    """Return a whole request that sends an image."""
    name = {"alice": "lighthouse", "charlie": "windmill"}[member]
    team = site.rows(f"select id from accounts_team where slug = '{name}'")[0][0]
    fields = {"team": str(team), "system": f"Slow {number}"}
    body, kind = form(fields, "archive", "slow.tar", os.urandom(2_000_000))
    head = (
        f"POST /tasks/small/dev/submit-image HTTP/1.1\r\nHost: {urlsplit(site.url).netloc}\r\n"
        f"Origin: {site.url}\r\nCookie: sessionid={session}; csrftoken={TOKEN}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_slowly(url: str, request: bytes, stop: Callable[[], bool]) -> int:
    """Send at 20 kB/s until told to stop; return how many bytes were taken."""
    sent = 0
    with connect(url) as connection:
        while not stop() and sent < len(request):
            connection.sendall(request[sent : sent + 4_000])
            sent += 4_000
            time.sleep(0.2)
    return sent


@pytest.mark.slow
def test_slow_clients_hold_nothing_up(site: Site, run: tuple[Client, str]) -> None:
    node, sign = run[0], json.loads(run[1])
    sessions = {name: session_of(site, name) for name in ("alice", "charlie")}
    team = site.rows("select id from accounts_team where slug = 'lighthouse'")[0][0]
    visitor, alice = Client(site.url), Client(site.url, session=sessions["alice"])
    images = [
        image_upload(site, session, member, number)
        for member, session in sessions.items()
        for number in range(HONEST)
    ]
    ended = False
    took: dict[str, list[tuple[int, float]]] = {"page": [], "life": [], "upload": []}

    def page() -> int:
        return visitor.send("GET", "/tasks/small/")[0]

    def life() -> int:
        return node.send("POST", sign["path"], json.dumps(sign["body"]).encode())[0]

    def upload() -> int:
        system = f"System {len(took['upload'])}"
        fields = {"team": str(team), "system": system}
        body, kind = form(fields, "file", "ours.en-fr.txt", as_text(PERFECT) + b" " * 70_000)
        return alice.send("POST", "/tasks/small/dev/submit", body, kind)[0]

    everything = list(kinds(urlsplit(site.url).netloc, "/static/css/components.css").values())
    with (
        ThreadPoolExecutor(2 * HONEST) as threads,
        slow_clients(site.url, everything, each=EACH) as dripped,
    ):
        honest = [threads.submit(send_slowly, site.url, image, lambda: ended) for image in images]
        try:
            for _ in range(20):
                took["page"].append(timed(page))
                took["life"].append(timed(life))
                if len(took["upload"]) < 5:
                    took["upload"].append(timed(upload))
                time.sleep(0.2)  # as a node does between two; the honest uploads go on meanwhile
        finally:
            ended = True
        taken = [one.result() for one in honest]
        assert dripped() > EACH

    print({what: f"{max(t for _, t in times):.3f} s at most" for what, times in took.items()})
    assert {status for status, _ in took["page"]} == {200}
    assert {status for status, _ in took["life"]} == {200}
    assert {status for status, _ in took["upload"]} == {302}
    assert min(taken) > 20_000
    for times in took.values():
        assert statistics.median(seconds for _, seconds in times) < USUALLY
        assert max(seconds for _, seconds in times) < AT_MOST
    site.children.check()


@pytest.mark.slow
def test_a_person_has_three_large_uploads_at_a_time(site: Site) -> None:
    """A place is free again when an upload ends."""
    session = session_of(site, "olga")  # nothing of hers is under way
    large = (
        b"POST /tasks/small/dev/submit HTTP/1.1\r\n"
        + (
            f"Host: {urlsplit(site.url).netloc}\r\nOrigin: {site.url}\r\n"
            f"Cookie: sessionid={session}; csrftoken={TOKEN}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 900000\r\n\r\n--x\r\n"
        ).encode()
    )

    def begin(count: int) -> list[socket.socket]:
        clients.extend(begun := [connect(site.url) for _ in range(count)])
        for client in begun:
            client.sendall(large)
        return begun

    def answers(begun: list[socket.socket], within: float) -> list[bytes]:
        """Return the first words of those that are answered while all go on slowly."""
        waiting, answered = list(begun), []
        deadline = time.monotonic() + within
        while waiting and time.monotonic() < deadline:
            for client in list(waiting):
                client.settimeout(0.1)  # TLS says something of its own, so select is of no use
                try:
                    client.send(b"x")
                    answered.append(client.recv(12))
                except TimeoutError:
                    continue
                waiting.remove(client)
                deadline = min(deadline, time.monotonic() + 1)  # is there another?
        return answered

    clients: list[socket.socket] = []
    try:
        refused = answers(begin(4), within=20)
        for client in clients:
            client.close()
        deadline = time.monotonic() + 20
        while answers(begin(1), within=1):  # until the three have gone
            assert time.monotonic() < deadline
    finally:
        for client in clients:
            client.close()

    assert refused == [b"HTTP/1.1 429"]
