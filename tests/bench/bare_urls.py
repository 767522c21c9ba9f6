"""The platform's addresses, and a bare view beside them for benchmarks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts.models import Team

BODY = bytes(1_000_000)


def bare(_request: HttpRequest, size: int) -> HttpResponse:
    """Answer with so many bytes, as if they were compressed, after a query."""
    Team.objects.filter(slug="bare").exists()
    return HttpResponse(BODY[:size], headers={"Content-Encoding": "gzip"})


urlpatterns = [path("bare/<int:size>", bare), path("", include("config.urls"))]
