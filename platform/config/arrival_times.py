"""When a request began: the web server notes it, so that no client can say it."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

# A header's name in this mapping begins with HTTP_, so a client cannot send this name.
KEY = "terminarium.begun_at"


def note_arrival(environ: MutableMapping[str, Any]) -> None:
    """Keep when the header of a request was complete, whatever its body waited for since."""
    begun_at = getattr(environ.get("gunicorn.socket"), "begun_at", None)
    environ[KEY] = timezone.now() if begun_at is None else datetime.fromtimestamp(begun_at, UTC)


def read_arrival_time(request: HttpRequest) -> datetime:
    """Return when a request began; now for a request that came without our web server."""
    begun_at = request.META.get(KEY)
    return begun_at if isinstance(begun_at, datetime) else timezone.now()
