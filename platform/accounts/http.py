"""What views may rely on behind `login_required`."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request whose user is known; a name for the type checker, nothing makes one."""

    user: User
