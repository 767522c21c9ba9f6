"""What an operator should hear of before people do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def mails_arrive(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when mails go nowhere, or to files on a site that is no trial."""
    if settings.EMAIL_DELIVERY == "none":
        return [
            Warning(
                "Mails go nowhere: nobody can sign up, confirm an address or reset a password.",
                hint="Set EMAIL_HOST, or EMAIL_DELIVERY=folder for a trial (docs/operators.md).",
                id="accounts.W001",
            )
        ]
    if settings.EMAIL_DELIVERY == "folder" and not (settings.DEBUG or settings.DEMO):
        return [
            Warning(
                f"Mails are files in {settings.EMAIL_FILE_PATH}; nobody gets them.",
                hint="Set EMAIL_DELIVERY=smtp and EMAIL_HOST (docs/operators.md).",
                id="accounts.W002",
            )
        ]
    return []
