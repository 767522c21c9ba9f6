"""The page of an entry, and its actions."""

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
from sharedtasks.policy import Thing, Viewer, can_see, instant_of, withholds_own_scores
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Verdict
from submissions.pages import file_reports, scores
from submissions.pages.access import (
    can_send_again,
    entry_or_404,
    may_read_hypotheses,
    require_change,
)
from submissions.pages.views import organiser_actions
from submissions.pages.views.live import choose_pace, render_live
from submissions.rights import may_change
from submissions.services import choosing


@login_required
@never_cache
@require_safe
def entry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show an entry: its state while it moves, its scores, its role, its history."""
    return _page(request, entry_or_404(request.user, pk))


def entry_action(
    view: Callable[[SignedInRequest, int], HttpResponse],
) -> Callable[[HttpRequest, int], HttpResponse]:
    """Take only POST; after signing in, people come back to the entry, not to the action."""

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
    entry = _fetch_to_change(request, pk)
    return _act(request, entry, choosing.make_primary, f"{entry.system} is primary now.")


@entry_action
def make_contrastive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop ranking the team by this entry."""
    entry = _fetch_to_change(request, pk)
    return _act(request, entry, choosing.make_contrastive, f"{entry.system} is contrastive now.")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then withdraw an entry."""
    entry = _fetch_to_change(request, pk)
    if request.method == "POST":
        done = f"{entry.system} is withdrawn from {entry.test_set.slug}."
        return _act(request, entry, choosing.withdraw, done)
    why_not = choosing.why_no_choice(entry, viewer_of(request.user))
    if why_not or entry.withdrawn_at is not None:
        return _page(request, entry, error=why_not or "This entry is withdrawn already.")
    return render(request, "submissions/withdraw.html", {"entry": entry})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then stop a system that waits or runs."""
    entry = _fetch_to_change(request, pk)
    if request.method == "POST":
        done = f"{entry.system} is cancelled on {entry.test_set.slug}."
        return _act(request, entry, choosing.cancel, done)
    if not entry.can_be_cancelled:
        return _page(request, entry, error="Its system neither waits nor runs any more.")
    return render(request, "submissions/cancel.html", {"entry": entry})


def _fetch_to_change(request: SignedInRequest, pk: int) -> Entry:
    entry = entry_or_404(request.user, pk)
    require_change(request.user, entry)
    return entry


def _act(
    request: SignedInRequest, entry: Entry, service: Callable[..., None], done: str
) -> HttpResponse:
    try:
        service(entry=entry, actor=request.user)
    except ValidationError as error:
        return _page(request, entry, error=" ".join(error.messages), status=422)
    messages.success(request, done)
    return redirect(entry)


def _page(
    request: SignedInRequest, entry: Entry, *, error: str = "", status: int = 200
) -> HttpResponse:
    viewer = viewer_of(request.user)
    context: dict[str, object] = {
        "entry": entry,
        "submission": entry.submission,
        "error": error,
        "pace": choose_pace(entry.state_since),
        "changes": entry.changes.select_related("actor"),
        "why_no_choice": choosing.why_no_choice(entry, viewer),
        "may_change": may_change(viewer, entry),
        "may_read_hypotheses": may_read_hypotheses(viewer, entry, timezone.now()),
        **organiser_actions.build_context(entry, viewer),
        **_show_scores(entry, viewer),
        **_show_source(entry),
        **_offer_image_again(entry, request.user),
    }
    if entry.team_id and not entry.is_primary:
        context["primary"] = Entry.objects.filter(
            team=entry.team_id, test_set=entry.test_set_id, is_primary=True
        ).first()
    # The app of the nodes stands above this app.
    is_image = entry.submission is not None and entry.submission.is_image
    run = entry.runs.only_progress().order_by("pk").last() if is_image else None
    facts = (  # all that can change on the page while it is polled
        entry.state,
        entry.is_claimed,
        entry.attempts,
        entry.is_primary,
        entry.withdrawn_at,
        entry.excluded_at,
        context["pace"],
        run.facts if run else (),
    )
    return render_live(request, "entry", context, facts=facts, status=status)


def _offer_image_again(entry: Entry, user: User) -> dict[str, object]:
    """Return whether the viewer can send another image in its place, and where."""
    submission, phase = entry.submission, entry.test_set.phase
    if submission is None or not submission.is_image:
        return {}
    address = reverse("submit-image", args=[phase.shared_task.slug, phase.slug])
    return {
        "can_send_again": can_send_again(user, submission),
        "send_again": f"{address}?again={submission.pk}",
    }


def _show_scores(entry: Entry, viewer: Viewer) -> dict[str, object]:
    """Return the scores if the viewer may see them now, otherwise when they are shown."""
    phase, now = entry.phase, timezone.now()
    context: dict[str, object] = {
        "can_see_scores": can_see(viewer, Thing.OWN_SCORES, phase, now, team=entry.team_id),
        "scores_at": instant_of(Thing.OWN_SCORES, phase),
        "is_withheld": withholds_own_scores(viewer, phase, entry.team_id),
        "can_see_board": can_see(viewer, Thing.BOARD, phase, now),
    }
    if context["can_see_scores"]:
        context["scores"] = scores.list_scores(entry)
    return context


def _show_source(entry: Entry) -> dict[str, object]:
    """Return the file that the entry came from, with the warnings about it."""
    verdict = Verdict.objects.filter(entry=entry).first()
    if verdict is None or entry.submission is None:
        return {}
    files = list(entry.submission.files.select_related("file"))
    return {
        "report": file_reports.build_reports([verdict])[0],
        "sent": [file for file in files if file.holds(verdict)] or files,
    }
