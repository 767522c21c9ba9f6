from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Django's own, with a message that says what to do."""

    error_messages = {
        "invalid_login": (
            "There is no account with this user name and password. Both are case-sensitive; "
            "ask the organisers if you have forgotten yours."
        ),
        "inactive": "This account is switched off. Ask the organisers why.",
    }
