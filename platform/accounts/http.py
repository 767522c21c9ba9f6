"""The request of a user who is signed in, and decorators for actions and limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast

from allauth.core import ratelimit
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User

RETRY_AFTER = 60  # seconds; most limits count by the minute


class SignedInRequest(HttpRequest):
    """A request of a user who is signed in. It is a type only and has no instances."""

    user: User


P = ParamSpec("P")


def team_action(
    view: Callable[Concatenate[SignedInRequest, str, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Take only POST. A visitor who has to sign in first comes back to the team's page."""

    @require_POST
    @never_cache
    @wraps(view)
    def act(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("team", args=[slug]))
        return view(cast(SignedInRequest, request), slug, *args, **kwargs)

    return act


def limited(
    action: str,
) -> Callable[
    [Callable[Concatenate[SignedInRequest, P], HttpResponse]],
    Callable[Concatenate[SignedInRequest, P], HttpResponse],
]:
    """Limit how often a user POSTs, to the limit of the action in ACCOUNT_RATE_LIMITS."""

    def decorate(
        view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
    ) -> Callable[Concatenate[SignedInRequest, P], HttpResponse]:
        @wraps(view)
        def take(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not ratelimit.consume(request, action=action, user=request.user):
                return too_many_requests(request)
            return view(request, *args, **kwargs)

        return take

    return decorate


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer a request above a limit, of allauth or our own."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(RETRY_AFTER)
    return response
