"""Checks of the mail settings, for the operator."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def mails_arrive(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when mails go nowhere, or to files although the site is not for trials."""
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


@register(deploy=True)
def mails_come_from_a_real_address(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn about a sender that mail servers refuse: localhost, or no domain."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = address.rpartition("@")[2].lower().rstrip(".")
    if settings.EMAIL_DELIVERY != "smtp" or _is_public(domain):
        return []
    return [
        Warning(
            f"Emails are sent from {address or 'no address'}, which many mail servers refuse.",
            hint="Set EMAIL_FROM to an address of your own domain (docs/operators.md).",
            id="accounts.W003",
        )
    ]


def _is_public(domain: str) -> bool:
    is_local = domain.endswith((".localhost", ".local", ".localdomain", ".invalid", ".internal"))
    is_number = domain.replace(".", "").isdigit() or domain.startswith("[")
    return "." in domain and not is_local and not is_number
