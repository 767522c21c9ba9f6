"""Our choices where allauth asks for them: texts, mails, and whether people may sign up."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest

from accounts import names
from accounts.models import User

logger = logging.getLogger(__name__)

WRONG_PASSWORD = (
    "There is no account with this name or address and this password. Capital letters count in "
    "passwords; if you have forgotten yours, have it reset."
)
WAIT = "Too many attempts have failed. Wait five minutes, then try again."


class AccountAdapter(DefaultAccountAdapter):
    """Accounts: signing up and in, addresses, passwords."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is switched off. Ask the organisers why.",
        "duplicate_email": "This address is one of your account's already.",
        "email_password_mismatch": WRONG_PASSWORD,
        "username_password_mismatch": WRONG_PASSWORD,
        "enter_current_password": "This is not your current password. Capital letters count.",
        "incorrect_password": "This is not your password. Capital letters count.",
        "invalid_login": WRONG_PASSWORD,
        "max_email_addresses": "An account has at most %d addresses. Remove one first.",
        "too_many_login_attempts": WAIT,
        "rate_limited": WAIT,
        "username_taken": "This user name is taken. Choose another one.",
    }

    def is_ajax(self, request: HttpRequest) -> bool:
        """Answer all requests with pages: allauth would answer some with JSON of its own."""
        return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Close it where the mail that opens an account could not be sent."""
        return bool(settings.EMAIL_DELIVERY != "none")

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Refuse a name that looks like another person's, beyond what allauth compares."""
        cleaned: str = super().clean_username(username, shallow)
        everybody = User.objects.values_list("username", flat=True)
        if not shallow and names.is_like_any(cleaned, everybody):
            raise self.validation_error("username_taken")
        return cleaned

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail. If the mail server is down, only the mail is lost, not what was stored."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:  # SMTP's own errors too
            logger.exception("%s could not be sent", template_prefix)
            messages.error(
                self.request,
                "Our mail server does not answer, so a mail to you was not sent. What you did is "
                "stored; ask for the mail again in a few minutes.",
            )


class MFAAdapter(DefaultMFAAdapter):
    """The second factor."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": (
            "This code is not right, or not any more: wait for your app to show the next one. "
            "If that fails too, check the clock of your device."
        ),
        "unverified_email": "Confirm all of your addresses first, or remove those you can't.",
        "add_email_blocked": (
            "With two-factor sign-in on, no address can be added. Switch it off, add the address, "
            "and switch it on again."
        ),
    }

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return the name of the account for the app: the same as on our pages."""
        return user.get_username()


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Accounts elsewhere."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "email_taken": (
            "There is an account with this address already. Sign in to it first, then connect "
            "your %s account on its page."
        ),
        "no_password": "Set a password first: without one you could not sign in any more.",
        "no_verified_email": "Confirm an address first: without one you could sign in no more.",
        "connected_other": "That account is connected to another account here.",
    }

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Return the provider's settings; a provider that is not configured has no pages."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error
