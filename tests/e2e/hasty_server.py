"""The web server with short limits: python -m tests.e2e.hasty_server PORT [OPEN_FILES]."""

from __future__ import annotations

import os
import re
import resource
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
    """Answer /read with the length of the body, /refuse without a look at it, /N with N pieces.

    /breaks/N breaks off after N pieces, /process has the number of the worker and its open files.
    """
    path = environ["PATH_INFO"]
    if path == "/read":
        text = str(sum(map(len, iter(lambda: environ["wsgi.input"].read(4096), b"")))).encode()
    elif path == "/refuse":
        text = b"refused"
    elif path == "/process":
        text = b"%d %d" % (os.getpid(), len(os.listdir("/proc/self/fd")))
    else:
        start_response("200 OK", [("Content-Type", "text/plain")])
        count = int(re.sub(r"\D", "", path.removeprefix("/nodes/v1")))
        return breaking_pieces(count) if path.startswith("/breaks/") else pieces(count)
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]


def pieces(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield PIECE


def breaking_pieces(count: int) -> Iterator[bytes]:
    yield from pieces(count)
    raise ValueError("an answer that breaks off")


class HastyServer(Server):
    def load(self) -> Any:
        if len(sys.argv) > 2:  # fewer than it had when it counted its connections
            files = int(sys.argv[2])
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        return application


if __name__ == "__main__":
    HastyServer([f"127.0.0.1:{sys.argv[1]}"]).run()
