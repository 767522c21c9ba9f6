"""Answers to requests that went wrong in ways that Django has no page for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FORM_EXPIRED = 419  # no registered status, but what logs and people know an expired form by


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a missing or outdated CSRF token; `reason` is Django's, for developers."""
    return render(request, "419.html", {"reason": reason}, status=FORM_EXPIRED)
