"""What views may rely on behind `login_required`, and how they take actions."""

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
    """A request whose user is known; a name for the type checker, nothing makes one."""

    user: User


P = ParamSpec("P")


def team_action(
    view: Callable[Concatenate[SignedInRequest, str, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Take POST alone; who has to sign in first comes back to the team's page, not to an action."""

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
    """Limit how often one user POSTs, to what ACCOUNT_RATE_LIMITS says of the action."""

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
    """Answer whoever is limited; allauth and our own limits come here."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(RETRY_AFTER)
    return response
