"""The page of one entry, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from sharedtasks.policy import Thing, can_see, instant_of
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Verdict
from submissions.pages import progress, reports, scores
from submissions.pages.access import can_send_again, entry_or_404, require_organiser
from submissions.pages.views.live import live, pace
from submissions.services import requeueing, sending
from submissions.states import EntryState


@login_required
@never_cache
@require_safe
def entry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one entry: its state while it moves, its scores, its role, its history."""
    return _page(request, entry_or_404(request.user, pk))


def entry_action(
    view: Callable[[SignedInRequest, int], HttpResponse],
) -> Callable[[HttpRequest, int], HttpResponse]:
    """Take POST alone; who has to sign in first comes back to the entry, not to the action."""

    @never_cache
    @require_POST
    @wraps(view)
    def act(request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("entry", args=[pk]))
        return view(cast(SignedInRequest, request), pk)

    return act


@entry_action
def make_primary(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rank the team by this entry."""
    found = entry_or_404(request.user, pk)
    return _act(request, found, sending.make_primary, f"{found.system} is primary now.")


@entry_action
def make_contrastive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop ranking the team by this entry."""
    found = entry_or_404(request.user, pk)
    return _act(request, found, sending.make_contrastive, f"{found.system} is contrastive now.")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether an entry is to be withdrawn, and withdraw it."""
    found = entry_or_404(request.user, pk)
    if request.method == "POST":
        done = f"{found.system} is withdrawn from {found.test_set.slug}."
        return _act(request, found, sending.withdraw, done)
    why_not = sending.why_no_choice(found, is_organiser=request.user.is_organiser)
    if why_not or found.withdrawn_at is not None:
        return _page(request, found, error=why_not or "This entry is withdrawn already.")
    return render(request, "submissions/withdraw.html", {"entry": found})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether a system that waits or runs is to be stopped, and stop it."""
    found = entry_or_404(request.user, pk)
    if request.method == "POST":
        done = f"{found.system} is cancelled on {found.test_set.slug}."
        return _act(request, found, sending.cancel, done)
    if not found.can_be_cancelled:
        return _page(request, found, error="Its system neither waits nor runs any more.")
    return render(request, "submissions/cancel.html", {"entry": found})


@entry_action
def requeue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Requeue an entry that failed on our side; for organisers."""
    found = entry_or_404(request.user, pk)
    require_organiser(request.user)
    done = f"{found.system} is requeued on {found.test_set.slug}."
    return _act(request, found, requeueing.requeue_entry, done)


def _act(
    request: SignedInRequest, found: Entry, service: Callable[..., None], done: str
) -> HttpResponse:
    try:
        service(entry=found, actor=request.user)
    except ValidationError as error:
        return _page(request, found, error=" ".join(error.messages), status=422)
    messages.success(request, done)
    return redirect(found)


def _page(
    request: SignedInRequest, found: Entry, *, error: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {
        "entry": found,
        "submission": found.submission,
        "error": error,
        "pace": pace(found.state_since),
        "changes": found.changes.select_related("actor"),
        **_requeueing(found, request.user),
        "why_no_choice": sending.why_no_choice(found, is_organiser=request.user.is_organiser),
    }
    context |= _scores(found, request.user) | _source(found) | _again(found, request.user)
    if found.team_id and not found.is_primary:
        context["primary"] = Entry.objects.filter(
            team=found.team_id, test_set=found.test_set_id, is_primary=True
        ).first()
    return live(request, "entry", context, facts=_facts(found), status=status)


def _requeueing(found: Entry, user: User) -> dict[str, object]:
    """Return the context of the requeue button on an entry's page."""
    if found.state != EntryState.FAILED or not viewer_of(user).is_organiser:
        return {}
    return {
        "can_requeue": True,
        "why_no_requeue": requeueing.why_not_entry(found),
        "successor": requeueing.find_successor(found),
    }


def _again(found: Entry, user: User) -> dict[str, object]:
    """Say whether the viewer can send another image in its place, and where."""
    submission, phase = found.submission, found.test_set.phase
    if submission is None or not submission.is_image:
        return {}
    address = reverse("submit-image", args=[phase.shared_task.slug, phase.slug])
    return {
        "can_send_again": can_send_again(user, submission),
        "send_again": f"{address}?again={submission.pk}",
    }


def _scores(found: Entry, user: User) -> dict[str, object]:
    """Return the scores if the viewer may see them now, or else from when on."""
    phase, viewer, now = found.test_set.phase, viewer_of(user), timezone.now()
    context: dict[str, object] = {
        "can_see_scores": can_see(viewer, Thing.OWN_SCORES, phase, now, team=found.team_id),
        "scores_at": instant_of(Thing.OWN_SCORES, phase),
        "can_see_board": can_see(viewer, Thing.BOARD, phase, now),
    }
    if context["can_see_scores"]:
        context["scores"] = scores.of_entry(found)
    return context


def _source(found: Entry) -> dict[str, object]:
    """Return the file that it came from, with what was odd about it."""
    verdict = Verdict.objects.filter(entry=found).first()
    if verdict is None or found.submission is None:
        return {}
    files = list(found.submission.files.select_related("file"))
    return {
        "report": reports.of_verdicts([verdict])[0],
        "sent": [file for file in files if file.holds(verdict)] or files,
    }


def _facts(found: Entry) -> tuple[object, ...]:
    """Return all that can change on the page while it is polled."""
    role = (found.is_primary, found.withdrawn_at)
    runs = progress.facts(found) if found.submission and found.submission.is_image else ()
    return (found.state, found.is_claimed, found.attempts, role, runs, pace(found.state_since))
