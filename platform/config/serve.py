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

from config.body_limits import SMALL_BODY, read_length
from config.serving.wire import Wire
from config.serving.worker import IDLE, NODE_THREADS, Worker

CONNECTIONS = 2000  # at a time, for each process; most of them wait in the loop
FILES_OF_A_CONNECTION = 2  # open ones: its socket, and what it has not taken of an answer
FILES_OF_A_THREAD = 4  # a socket to the database, an upload, its slot, what is read
FILES_AT_LEAST = 64  # of the process


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our worker. It reads no configuration file and no variables of gunicorn."""

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
            "worker_connections": count_connections(),
            "keepalive": IDLE,
            "graceful_timeout": settings.WEB_GRACE,
            "control_socket_disable": True,
            "post_request": _close_database,
            "proc_name": "terminarium",
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the site."""
        from config.wsgi import application

        return application


def _close_database(
    _worker: object, _request: object, environ: Mapping[str, Any], _answer: object
) -> None:
    """Close a thread's database connection: its next transfer may be long in coming."""
    if read_length(environ) > SMALL_BODY:
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
    allow_open_files()
    Worker.transfers = settings.WEB_TRANSFERS
    Wire.folder = settings.FILE_UPLOAD_TEMP_DIR
    Server(bind).run()


def count_connections() -> int:
    """Return how many connections a process may have with the open files that it is allowed."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    # Where few files are allowed, threads get half of them: not all threads are busy.
    for_connections = max(soft - _count_files_of_threads(), soft // 2)
    return max(1, min(CONNECTIONS, for_connections // FILES_OF_A_CONNECTION))


def _count_files_of_threads() -> int:
    threads = settings.WEB_THREADS + settings.WEB_TRANSFERS + NODE_THREADS
    return FILES_AT_LEAST + FILES_OF_A_THREAD * threads


def allow_open_files() -> None:
    """Raise the limit of open files, of which connections need more than the usual 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = FILES_OF_A_CONNECTION * CONNECTIONS + _count_files_of_threads()
    if soft != resource.RLIM_INFINITY and soft < needed:
        limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, soft), hard))


if __name__ == "__main__":
    main()
