"""Pages with a piece that asks for itself until nothing of it moves any more."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

QUICK, SLOW = 1, 5  # seconds between two looks
QUICK_FOR = timedelta(minutes=2)  # a page that has waited longer is in no hurry


def pace(since: datetime) -> int:
    """Return how often a page looks for news of what has been so since then."""
    return QUICK if timezone.now() - since < QUICK_FOR else SLOW


def live(
    request: HttpRequest,
    name: str,
    context: dict[str, object],
    *,
    facts: tuple[object, ...],
    status: int = 200,
    folder: str = "submissions",
) -> HttpResponse:
    """Render the page, or for its own request the piece; nothing (204) if the facts are as before.

    An unchanged piece stays where it is: with the reader's focus, selection and place in it.
    """
    version = version_of(facts)
    is_polled = request.headers.get("HX-Request") == "true"
    if is_polled and request.GET.get("seen") == version:
        return _varied(HttpResponse(status=204))
    template = f"{folder}/_{name}_live.html" if is_polled else f"{folder}/{name}.html"
    context |= {"seen": urlencode({"seen": version})}
    return _varied(render(request, template, context, status=status))


def version_of(facts: tuple[object, ...]) -> str:
    """Return a short name of a piece's content, for the question whether it has changed."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _varied(response: HttpResponse) -> HttpResponse:
    # One address has two bodies: a cache between us and the reader has to know.
    patch_vary_headers(response, ["HX-Request"])
    return response
