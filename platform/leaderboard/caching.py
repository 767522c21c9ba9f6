"""How long an answer about boards may be kept, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from sharedtasks.models import Phase
from sharedtasks.policy import Thing, instant_of


def keep(
    response: HttpResponse,
    request: HttpRequest,
    *,
    phases: Iterable[Phase],
    now: datetime,
    at_most: int,
) -> HttpResponse:
    """Let caches keep a visitor's answer for some seconds, and nobody another reader's.

    It ends at the next instant at which one of the phases shows something else: of a board that
    opens nobody has an old copy, and thousands of readers who poll cost one answer each time.
    """
    # One address has two bodies, the page and its piece; whoever signs in gets others.
    patch_vary_headers(response, ["HX-Target", "Cookie"])
    if request.user.is_authenticated or len(get_messages(request)):
        patch_cache_control(response, private=True, no_cache=True)
    else:
        left = (at - now for phase in phases for at in _changes(phase) if at > now)
        seconds = min((int(each.total_seconds()) for each in left), default=at_most)
        patch_cache_control(response, public=True, max_age=min(seconds, at_most))
    return response


def _changes(phase: Phase) -> list[datetime]:
    instants = [
        phase.opens_at,
        phase.closes_at,
        instant_of(Thing.BOARD, phase),
        instant_of(Thing.TEAM_NAMES, phase),
    ]
    return [at for at in instants if at is not None]
