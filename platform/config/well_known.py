"""Files that programs look for at fixed addresses: robots.txt, favicon.ico, security.txt."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

DAY = 24 * 3600  # seconds
VALID_FOR = timedelta(days=180)  # RFC 9116 recommends less than a year
ICON = settings.BASE_DIR / "static" / "img" / "favicon.ico"
# Boards, tasks and their files are for everybody; the rest asks for a sign-in or is for programs.
NOT_FOR_ROBOTS = (
    "/account/",
    "/admin/",
    "/entries/",
    "/nodes/",
    "/runs/",
    "/submissions/",
    "/teams/",
)


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(_request: HttpRequest) -> HttpResponse:
    """Return robots.txt, which keeps robots away from pages that need a sign-in."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS)]
    return _answer(lines)


@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(_request: HttpRequest) -> FileResponse:
    """Return the icon, for browsers that request it without reading a page."""
    return FileResponse(ICON.open("rb"), content_type="image/x-icon")


@require_safe
@cache_control(public=True, max_age=DAY)
def security(request: HttpRequest) -> HttpResponse:
    """Return security.txt (RFC 9116): where to report a security problem."""
    # Always a day far in the future, so that the file never expires while the site runs.
    expires = (timezone.now() + VALID_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {contact()}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {request.build_absolute_uri(reverse('security-txt'))}",
    ]
    return _answer(lines)


def contact() -> str:
    """Return the address for reports, as a URI."""
    address: str = settings.SECURITY_CONTACT or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address if ":" in address else f"mailto:{address}"


def _answer(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
