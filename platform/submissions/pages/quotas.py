"""Daily limits for a person and a team: a guard against abuse, far above any real need.

Only the pages ask; commands are exempt, and organisers in their own shared tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.db.models import Case, Expression, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import Team, User
from config.body_limits import declared_length
from sharedtasks.models import Phase
from submissions.models import Submission
from submissions.states import SubmissionState

WINDOW = timedelta(hours=24)


def refuse(request: HttpRequest) -> HttpResponse | None:
    """Return an answer for a person over the limit, before the body is read; None below it."""
    assert request.resolver_match is not None  # an address with the shared task
    task = request.resolver_match.kwargs["task"]
    if not isinstance(request.user, User) or _is_exempt(request.user, task):
        return None
    size = declared_length(request)
    own = Submission.objects.filter(member=request.user)
    if (at := find_next_time(own, size)) is not None:
        return _answer(request, "You have", at)
    teams = list(request.user.teams.all())
    moments = [find_next_time(team.submissions.all(), size) for team in teams]
    waits = [at for at in moments if at is not None]
    if waits and len(waits) == len(moments):
        return _answer(
            request, "Your team has" if len(teams) == 1 else "Your teams have", min(waits)
        )
    return None


def refuse_team(request: HttpRequest, team: Team, phase: Phase, size: int) -> HttpResponse | None:
    """Return an answer for a person whose team is over the limit; None below it."""
    if isinstance(request.user, User) and _is_exempt(request.user, phase.shared_task.slug):
        return None
    at = find_next_time(team.submissions.all(), size)
    return None if at is None else _answer(request, f"{team} has", at)


def find_next_time(sent: QuerySet[Submission], size: int) -> datetime | None:
    """Return when `size` more bytes may be sent; None: now."""
    recent = list(
        sent.filter(created_at__gt=timezone.now() - WINDOW)
        .order_by("created_at")
        .annotate(bytes=_bytes_expression())
        .values_list("created_at", "bytes")
    )
    excess = _count_expiring(recent, size)
    return recent[excess - 1][0] + WINDOW if excess else None


def _is_exempt(user: User, task: str) -> bool:
    """Return whether the user changes the shared task with this slug."""
    return user.roles.counting().changing().filter(shared_task__slug=task).exists()


def _bytes_expression() -> Expression:
    """Return the expression for how many bytes of a submission count.

    The archive of an accepted image is removed, and an image from a registry never was a file of
    the submission: the stored image counts. While it is fetched, the largest size allowed counts.
    """
    is_fetched_now = Q(state=SubmissionState.CHECKING) & ~Q(image_reference="")
    return Case(
        When(image__isnull=False, then=F("image__archive__size")),
        When(is_fetched_now, then=Value(settings.MAX_IMAGE_BYTES)),
        default=Coalesce(Sum("files__file__size"), 0),
    )


def _count_expiring(recent: Sequence[tuple[datetime, int]], size: int) -> int:
    """Return how many of the oldest submissions have to expire before another fits."""
    by_number = max(len(recent) + 1 - settings.UPLOADS_PER_DAY, 0)
    total = sum(count for _, count in recent)
    by_bytes = 0
    while by_bytes < len(recent) and total + size > settings.UPLOAD_BYTES_PER_DAY:
        total -= recent[by_bytes][1]
        by_bytes += 1
    return max(by_number, by_bytes)


def _answer(request: HttpRequest, subject: str, at: datetime) -> HttpResponse:
    context = {"who": subject, "next_at": at}
    response = render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(max(int((at - timezone.now()).total_seconds()), 1))
    return response
