"""Our own mails; allauth sends the others from templates."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.models import Invitation

logger = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send the link to the address; return whether the mail was sent.

    Only verified teams send mail: anybody can create a team and write anything into its name.
    """
    if settings.EMAIL_DELIVERY == "none" or not invitation.team.is_verified:
        return False
    context = {"invitation": invitation, "team": invitation.team, "link": link}
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}Invitation to a team"
    body = render_to_string("accounts/email/invitation.txt", context)
    try:
        send_mail(subject, body, None, [invitation.email])
    except OSError:  # SMTP's own errors too
        logger.exception("the mail of %s could not be sent", invitation)
        return False
    return True
