"""`python -m config.serve`: the web server, the same for a laptop, the tests and a service.

Behind a proxy several may run, each on a socket of its own; docs/operators.md says how.
"""

from __future__ import annotations

import argparse
import os
import resource
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connections
from gunicorn.app.base import BaseApplication

from config.bodies import length_of
from config.serving.arrivals import SMALL_BODY
from config.serving.worker import IDLE, Worker

CONNECTIONS = 2000  # at a time, for each process; most of them wait in the loop
GRACE = 30  # seconds that requests may take to end when the server is told to stop


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our worker; it reads no file and no variable of its own."""

    def __init__(self, bind: list[str]) -> None:
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's own values."""
        values: dict[str, Any] = {
            "bind": self._bind,
            "workers": settings.WEB_PROCESSES,
            "threads": settings.WEB_THREADS,
            "worker_class": Worker,
            "worker_connections": CONNECTIONS,
            "keepalive": IDLE,
            "graceful_timeout": GRACE,
            "control_socket_disable": True,
            "post_request": _let_go,
            "proc_name": "terminarium",
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the site."""
        from config.wsgi import application

        return application


def _let_go(_worker: object, _request: object, environ: Mapping[str, Any], _answer: object) -> None:
    """Close the database's connection of a thread that may wait long for its next transfer."""
    if length_of(environ) > SMALL_BODY:
        connections.close_all()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument(
        "--bind",
        action="append",
        metavar="ADDRESS",
        help="HOST:PORT or unix:PATH; may be given several times (default: 127.0.0.1:8000)",
    )
    bind = parser.parse_args().bind or ["127.0.0.1:8000"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    _allow_open_files()
    Worker.transfers = settings.WEB_TRANSFERS
    Server(bind).run()


def _allow_open_files() -> None:
    """Each connection is an open file, of which many systems allow 1,024 unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 1024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, soft), hard))


if __name__ == "__main__":
    main()
