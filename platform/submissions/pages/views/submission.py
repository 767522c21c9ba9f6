"""The page of a submission, and its actions."""

from __future__ import annotations

from collections.abc import Sequence

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
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Submission
from submissions.pages import file_reports, quotas
from submissions.pages.access import (
    can_send_again,
    list_visible_entries,
    require_change,
    submission_or_404,
)
from submissions.pages.views import organiser_actions
from submissions.pages.views.live import choose_pace, render_live
from submissions.services import expiry, sending


@login_required
@never_cache
@require_safe
def submission(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a submission: its state, each of its files, every problem, its entries."""
    submission, reader = submission_or_404(request.user, pk), viewer_of(request.user)
    visible = list_visible_entries(reader).filter(submission=submission)
    entries = list(visible.select_related("test_set"))
    # The app of the nodes stands above this app; an entry has at most one open run.
    open_runs = submission.runs.only_progress().filter(ended_at=None)
    runs = list(open_runs) if submission.is_image else []
    run_of = {run.entry_id: run for run in runs}
    files = file_reports.report_on(submission) if submission.is_final else []
    every = choose_pace(max([submission.state_since, *(entry.state_since for entry in entries)]))
    context: dict[str, object] = {
        "submission": submission,
        "sent": submission.files.select_related("file"),
        "expires_at": expiry.find_expiry(submission),
        "entries": [(entry, run_of.get(entry.pk)) for entry in entries],
        "files": files,
        "files_hidden": max(submission.verdicts.count() - len(files), 0) if files else 0,
        "refused": sum(file.verdict.is_refused for file in files),
        "with_problems": sorted(
            (file for file in files if file.problems), key=lambda file: not file.verdict.is_refused
        ),
        "can_send_again": can_send_again(request.user, submission),
        "is_live": not submission.is_final or not all(entry.is_final for entry in entries),
        "pace": every,
        "changes": submission.changes.select_related("actor"),
        **organiser_actions.build_context(submission, reader),
    }
    facts = (*_list_facts(submission, entries), [run.facts for run in runs], every)
    return render_live(request, "submission", context, facts=facts)


@never_cache
@require_POST
def choose_system(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """Send a file that holds several systems again, for the system that was chosen."""
    if not request.user.is_authenticated:  # after signing in, back to the choice
        return redirect_to_login(reverse("submission", args=[pk]))
    submission = submission_or_404(request.user, pk)
    require_change(request.user, submission)
    # The file is stored already, but it is read again: it counts as another upload of the day.
    if (refusal := quotas.refuse_team(request, submission.team, submission.phase, 0)) is not None:
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


def _list_facts(submission: Submission, entries: Sequence[Entry]) -> tuple[object, ...]:
    """Return all that can change of a submission and its entries."""
    return (
        submission.state,
        submission.is_claimed,
        submission.attempts,
        submission.fetched,
        [
            (entry.pk, entry.state, entry.is_claimed, entry.is_primary, entry.withdrawn_at)
            for entry in entries
        ],
    )
