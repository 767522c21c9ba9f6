"""The web server with short limits: python -m tests.e2e.hasty_server PORT."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from config.serve import Server
from config.serving import worker

worker.HEADER_WITHIN = 2
worker.SILENCE = 2
worker.IDLE = 2
worker.Worker.transfers = 8
PIECE = b"0123456789abcdef" * 1024


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer /read with the length of the body, /refuse without a look at it, /N with N pieces."""
    path = environ["PATH_INFO"]
    if path == "/read":
        text = str(sum(map(len, iter(lambda: environ["wsgi.input"].read(4096), b"")))).encode()
    elif path == "/refuse":
        text = b"refused"
    else:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return pieces(int(re.sub(r"\D", "", path.removeprefix("/nodes/v1"))))
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]


def pieces(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield PIECE


class HastyServer(Server):
    def load(self) -> Any:
        return application


if __name__ == "__main__":
    HastyServer([f"127.0.0.1:{sys.argv[1]}"]).run()
