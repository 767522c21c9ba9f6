"""Pages with a piece that polls until its state is final."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

QUICK, SLOW = 1, 5  # seconds between two requests
QUICK_FOR = timedelta(minutes=2)  # a page that has waited longer is in no hurry


def choose_pace(since: datetime) -> int:
    """Return how often, in seconds, a page polls whose state has not changed since then."""
    return QUICK if timezone.now() - since < QUICK_FOR else SLOW


def render_live(
    request: HttpRequest,
    name: str,
    context: dict[str, object],
    *,
    facts: tuple[object, ...],
    status: int = 200,
    folder: str = "submissions",
) -> HttpResponse:
    """Render the page, or the piece if the page polls; nothing (204) if the facts are as before.

    An unchanged piece is left alone: the reader's focus, selection and place in it stay.
    """
    version = compute_version(facts)
    is_polled = request.headers.get("HX-Request") == "true"
    if is_polled and request.GET.get("seen") == version:
        return _varied(HttpResponse(status=204))
    template = f"{folder}/_{name}_live.html" if is_polled else f"{folder}/{name}.html"
    context |= {"seen": urlencode({"seen": version})}
    return _varied(render(request, template, context, status=status))


def compute_version(facts: tuple[object, ...]) -> str:
    """Return a short digest of the facts, which tells whether a piece has changed."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _varied(response: HttpResponse) -> HttpResponse:
    # An address with two bodies: a cache between us and the reader has to know.
    patch_vary_headers(response, ["HX-Request"])
    return response
