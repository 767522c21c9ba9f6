"""What to do where an account needs a second factor and has none."""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class SecondFactorMissing(PermissionDenied):
    """Something that the account may do once it has a second factor."""


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 with the reason; for want of a second factor, lead to the page that sets it up."""
    context = {
        "exception": str(exception),
        "needs_second_factor": isinstance(exception, SecondFactorMissing),
    }
    return render(request, "403.html", context, status=HTTPStatus.FORBIDDEN)
