"""The WSGI application."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application
from django.db import connections

from config.arrival_times import note_arrival
from config.body_limits import SMALL_BODY, read_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
site = get_wsgi_application()

# A WSGI server runs no checks, as management commands do; the operator reads them in its log.
for warning in run_checks():
    logging.getLogger(__name__).warning("%s", warning)

# Needs the models, which the application has loaded by now.
from health.beating import beat_as_web  # noqa: E402

beat_as_web()


class LargeBody:
    """A large body. While it arrives, its thread holds no connection to the database.

    Sixty-four uploads that take an hour would otherwise hold sixty-four connections.
    """

    def __init__(self, body: Any) -> None:
        self._body = body
        self._is_begun = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        self._begin()
        data: bytes = self._body.read(size)
        return data

    def readline(self, size: int = -1) -> bytes:
        """Return the next line."""
        self._begin()
        data: bytes = self._body.readline(size)
        return data

    def _begin(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            connections.close_all()  # the next query opens it again


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request."""
    note_arrival(environ)
    if read_length(environ) > SMALL_BODY:
        environ["wsgi.input"] = LargeBody(environ["wsgi.input"])
    return site(environ, start_response)
