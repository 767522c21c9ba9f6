"""The page of one submission."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Submission
from submissions.pages import progress, quotas, reports
from submissions.pages.access import can_send_again, require_organiser, submission_or_404
from submissions.pages.progress import Progress
from submissions.pages.views.live import live, pace
from submissions.services import expiry, requeueing, sending
from submissions.states import SubmissionState


@login_required
@never_cache
@require_safe
def submission(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one submission: its state, what each of its files is, every problem, its entries."""
    found = submission_or_404(request.user, pk)
    entries = list(found.entries.select_related("test_set"))
    files = reports.of_submission(found) if found.is_final else []
    running = progress.of_entries(entries) if found.is_image else {}
    moved = max([found.state_since, *(entry.state_since for entry in entries)])
    context: dict[str, object] = {
        "submission": found,
        "sent": found.files.select_related("file"),
        "expires_at": expiry.expires_at(found),
        "entries": [(entry, running.get(entry.pk)) for entry in entries],
        "files": files,
        "files_hidden": max(found.verdicts.count() - len(files), 0) if files else 0,
        "refused": sum(one.verdict.is_refused for one in files),
        "with_problems": sorted(
            (one for one in files if one.problems), key=lambda one: not one.verdict.is_refused
        ),
        "can_send_again": can_send_again(request.user, found),
        "is_live": not found.is_final or not all(entry.is_final for entry in entries),
        "pace": pace(moved),
        "changes": found.changes.select_related("actor"),
        **_requeueing(found, request.user),
    }
    return live(request, "submission", context, facts=_facts(found, entries, running, pace(moved)))


@never_cache
@require_POST
def choose_system(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """Send a file that holds several systems again, for the system that was chosen."""
    if not request.user.is_authenticated:  # after signing in, back to the choice
        return redirect_to_login(reverse("submission", args=[pk]))
    submission = submission_or_404(request.user, pk)
    # The file is stored already, but it is read again: it counts as one more upload of the day.
    if (refusal := quotas.refuse_team(request, submission.team, 0)) is not None:
        return refusal
    verdict = get_object_or_404(submission.verdicts, position=position)
    number = request.POST.get("system", "")
    chosen = dict(zip(map(str, range(len(verdict.systems))), verdict.systems, strict=True))
    try:
        if number not in chosen:
            raise ValidationError("Choose one of the systems that the file has.")
        new = sending.choose_system(verdict=verdict, system=chosen[number], member=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(submission)
    return redirect(new)


@never_cache
@require_POST
def requeue(request: HttpRequest, pk: int) -> HttpResponse:
    """Requeue a submission that failed on our side; for organisers."""
    if not isinstance(request.user, User):  # who signs in comes back to a page
        return redirect_to_login(reverse("submission", args=[pk]))
    found = submission_or_404(request.user, pk)
    require_organiser(request.user)
    try:
        requeueing.requeue_submission(submission=found, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{found.system} is requeued.")
    return redirect(found)


def _requeueing(found: Submission, user: User) -> dict[str, object]:
    """Return the context of the requeue button on a submission's page."""
    if found.state != SubmissionState.FAILED or not viewer_of(user).is_organiser:
        return {}
    return {
        "can_requeue": True,
        "why_no_requeue": requeueing.why_not_submission(found),
        "successor": requeueing.find_successor(found),
    }


def _facts(
    submission: Submission, entries: list[Entry], running: dict[int, Progress], pace: int
) -> tuple[object, ...]:
    """Return all that can change on the page."""
    shown = [
        (
            entry.pk,
            entry.state,
            entry.is_claimed,
            entry.is_primary,
            entry.withdrawn_at,
            running.get(entry.pk),
        )
        for entry in entries
    ]
    work = (submission.is_claimed, submission.attempts, submission.fetched)
    return (submission.state, *work, shown, pace)
