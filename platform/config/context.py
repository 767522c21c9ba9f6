"""What every template can show."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Return the facts about this installation that pages show."""
    is_trial = settings.EMAIL_DELIVERY == "folder" and (settings.DEMO or settings.DEBUG)
    return {
        "demo": settings.DEMO,
        "email_delivery": settings.EMAIL_DELIVERY,
        "mail_folder": settings.EMAIL_FILE_PATH if is_trial else "",
    }
