"""How large a request's body may be: a limit for most addresses, and views with their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

SMALL_BODY = 64 * 1024  # bytes; a form without files, or a sign of life
MAX_DIGITS = 18  # of a length; Python refuses to read thousands

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How large a file an address takes, and what people can do about a larger file.

    The sizes are names of settings, which are read when a request comes.
    """

    file: str
    body: str
    remedy: str

    @property
    def file_bytes(self) -> int:
        """Return the largest size of a file."""
        size: int = getattr(settings, self.file)
        return size

    @property
    def body_bytes(self) -> int:
        """Return the largest size of a request with the file."""
        size: int = getattr(settings, self.body)
        return size


USUAL = BodyLimit(
    "MAX_UPLOAD_BYTES", "MAX_BODY_BYTES", "Send only the hypotheses, without sources or logs."
)


def takes_up_to(limit: BodyLimit) -> Callable[[View], View]:
    """Give a view a limit of its own."""

    def mark(view: View) -> View:
        view.body_limit = limit  # type: ignore[attr-defined]
        return view

    return mark


def find_limit(path: str) -> BodyLimit:
    """Return the limit that holds at an address."""
    try:
        view = resolve(path).func
    except Resolver404:
        return USUAL
    limit: BodyLimit = getattr(view, "body_limit", USUAL)
    return limit


def declared_length(request: HttpRequest) -> int:
    """Return how many bytes a request says that its body has."""
    return read_length(request.META)


def read_length(environ: Mapping[str, Any]) -> int:
    """Return the same from the server's environment of a request."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not (declared.isascii() and declared.isdigit()):
        return 0  # Django reads nothing then
    digits = declared.lstrip("0")
    return int(digits or "0") if len(digits) <= MAX_DIGITS else sys.maxsize
