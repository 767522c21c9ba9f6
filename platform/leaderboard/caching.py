"""How long caches may keep an answer about boards, and which caches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from sharedtasks.models import Phase
from sharedtasks.policy import Thing, instant_of


def allow_caching(
    response: HttpResponse,
    request: HttpRequest,
    *,
    phases: Iterable[Phase],
    now: datetime,
    at_most: int,
) -> HttpResponse:
    """Let caches keep an answer to a visitor for some seconds, and no answer to other readers.

    A cached answer ends at the next instant at which a phase shows something else, so that no
    reader gets an old copy of a board that has opened. Thousands of polling visitors cost one
    answer each time.
    """
    # An address has two bodies, the page and its piece; readers who are signed in get others.
    patch_vary_headers(response, ["HX-Target", "Cookie", "Accept-Encoding"])
    # The answer to an old session's cookie deletes that cookie.
    is_signed_in = request.user.is_authenticated or settings.SESSION_COOKIE_NAME in request.COOKIES
    is_refusal = response.status_code >= HTTPStatus.BAD_REQUEST
    if is_signed_in or is_refusal or len(get_messages(request)):
        patch_cache_control(response, private=True, no_cache=True)
    else:
        changes = [at for phase in phases for at in list_changes(phase) if at > now]
        # What was made for `now` leaves later, perhaps even after the next change.
        left = [(at - timezone.now()).total_seconds() for at in changes]
        seconds = min(max(int(min(left, default=at_most)), 0), at_most)
        patch_cache_control(response, public=True, max_age=seconds)
        # nginx counts in whole seconds of the clock, so it may keep a page for one second more.
        response["X-Accel-Expires"] = str(max(seconds - 1, 0))
    return response


def list_changes(phase: Phase) -> list[datetime]:
    """Return the instants at which a phase begins to show something else."""
    instants = [
        phase.opens_at,
        phase.closes_at,
        instant_of(Thing.BOARD, phase),
        instant_of(Thing.TEAM_NAMES, phase),
    ]
    return [at for at in instants if at is not None]
