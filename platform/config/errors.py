"""Answers to requests that went wrong in ways that Django has no page for."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults

RETRY_AFTER = 10  # seconds
FORM_EXPIRED = 419  # not a registered status, but known for expired forms


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a missing or outdated CSRF token; `reason` is Django's, for developers."""
    return render(request, "419.html", {"reason": reason}, status=FORM_EXPIRED)


def our_side_failed(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database is away, otherwise 500.

    Django calls this while it handles the exception, whether a view or a middleware raised it.
    """
    if not isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return defaults.server_error(request)
    # Without the request: its user can't be looked up either.
    page = render_to_string("503.html")
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER})
