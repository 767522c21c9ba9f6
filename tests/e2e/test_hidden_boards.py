"""A board that is hidden again, behind the nginx that we ship, with two web processes."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.proxy import Proxy
from tests.e2e.session import session_of
from tests.e2e.site import Site
from tests.e2e.slowness import TRUSTING

BOARD = "/boards/spring/test/en-fr"
OTHERS = (f"{BOARD}?sort=bleu", f"{BOARD}?track=constrained&dense=1", "/")
GONE_WITHIN = 11.0  # seconds
SHOWN = b"System 0<"


class Socket(http.client.HTTPConnection):
    """A connection to a server's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


@pytest.fixture(scope="module")
def proxy(
    require_service: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Return nginx, which does not run yet."""
    proxy = Proxy(require_service("nginx"), tmp_path_factory.mktemp("proxy") / "nginx")
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site], proxy: Proxy) -> Site:
    """A site with a board of 43 entries."""
    site = make_site(BEHIND_TLS_PROXY="true", PROXY_COUNT="1", WEB_PROCESSES="2")
    site.run("tests.e2e.board_seed", "fill")
    proxy.start(site, ["pages"])
    return site


def ask(
    site: Site, path: str, *, behind: Path | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Return an answer of nginx, or of the server behind it, on a connection of its own."""
    parts = urlsplit(site.url)
    connection: http.client.HTTPConnection = Socket(behind) if behind else (
        http.client.HTTPSConnection(str(parts.hostname), parts.port, timeout=30, context=TRUSTING)
    )  # fmt: skip
    written = {"Host": parts.netloc, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    written |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request("GET", path, headers=written)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_a_hidden_board_is_gone_everywhere_within_eleven_seconds(site: Site, proxy: Proxy) -> None:
    cookie = f"sessionid={session_of(site, 'alice')}"
    behind = proxy.folder / "pages.sock"
    last: dict[str, float] = {}

    def look() -> set[str]:
        now = time.monotonic()
        shown = {
            path: SHOWN in ask(site, path)[1] for path in (BOARD, *OTHERS)
        } | {
            "signed in": SHOWN in ask(site, BOARD, Cookie=cookie)[1],
            # Either process may answer.
            "server": any(SHOWN in ask(site, BOARD, behind=behind)[1] for _ in range(3)),
        }  # fmt: skip
        last.update({name: now for name, is_shown in shown.items() if is_shown})
        return {name for name, is_shown in shown.items() if is_shown}

    assert look() == look() == {BOARD, *OTHERS, "signed in", "server"}
    # nginx has the pages by now; browsers are told to ask it each time.
    answer, page = ask(site, BOARD)
    assert any(path.is_file() for path in (proxy.folder / "cache").rglob("*"))
    assert answer.headers["Cache-Control"] == "public, no-cache"
    etag = answer.headers["ETag"]
    assert ask(site, BOARD, If_None_Match=etag)[0].status == 304
    assert ask(site, BOARD, behind=behind)[0].headers["Cache-Control"] == "public, max-age=10"
    assert ask(site, BOARD, Cookie=cookie)[0].headers["Cache-Control"] == "private, no-cache"
    assert ask(site, BOARD, Accept_Encoding="gzip")[0].headers["Content-Encoding"] == "gzip"
    assert ask(site, BOARD)[1] == page  # who takes no gzip gets none from the cache

    look()
    hidden_at = time.monotonic()
    site.rows("update sharedtasks_phase set board_at = null returning id")
    while time.monotonic() < hidden_at + GONE_WITHIN:
        look()
        time.sleep(0.25)

    assert look() == set()
    took = {name: round(at - hidden_at, 1) for name, at in last.items()}
    print(f"\nlast shown after, in seconds: {took}")
    assert max(took.values()) < GONE_WITHIN
    assert took["signed in"] < 2
    assert took["server"] < 2
