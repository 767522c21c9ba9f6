"""Submitting, and watching what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from files import storage
from sharedtasks.columns import COLUMNS, Column
from sharedtasks.models import Phase
from submissions import services
from submissions.access import entry_or_404, submission_or_404, visible_submissions
from submissions.forms import SubmissionForm
from submissions.models import Entry, Score, Submission

PROBLEMS_SHOWN = 100
SUBMISSIONS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A score with how it is written."""

    column: Column
    score: Score


@login_required
@require_http_methods(["GET", "POST"])
def submit(request: SignedInRequest, task: str, phase: str) -> HttpResponse:
    """Take one file of hypotheses; the answer only stores and enqueues."""
    found = get_object_or_404(
        Phase.objects.select_related("shared_task"), shared_task__slug=task, slug=phase
    )
    form = SubmissionForm(phase=found, member=request.user, initial={"is_constrained": True})
    if request.method == "POST":
        form = SubmissionForm(request.POST, request.FILES, phase=found, member=request.user)
        if form.is_valid():
            try:
                submission = _submit(request.user, form)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return redirect(submission)
    context = {
        "phase": found,
        "form": form,
        "is_open": found.is_open(timezone.now()),
        "has_team": request.user.teams.exists(),
    }
    status = 422 if form.errors else 200
    return render(request, "submissions/submit.html", context, status=status)


@login_required
@never_cache
@require_safe
def submissions(request: SignedInRequest) -> HttpResponse:
    """List what the viewer's teams have sent, newest first."""
    rows = visible_submissions(request.user).prefetch_related("entries__test_set")
    of_all_teams = request.user.is_staff and "all" in request.GET
    if not of_all_teams:
        rows = rows.filter(team__members=request.user)
    context = {"submissions": rows[:SUBMISSIONS_SHOWN], "of_all_teams": of_all_teams}
    return render(request, "submissions/submissions.html", context)


@login_required
@never_cache
@require_safe
def submission(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one submission: its state, its problems, its entries."""
    found = submission_or_404(request.user, pk)
    problems = list(found.problems.all()[:PROBLEMS_SHOWN])
    entries = list(found.entries.select_related("test_set"))
    context = {
        "is_live": not found.is_final or not all(entry.is_final for entry in entries),
        "submission": found,
        "problems": problems,
        "problems_hidden": max(found.problems_total - len(problems), 0),
        "entries": entries,
        "changes": found.changes.select_related("actor"),
    }
    return _live(request, "submission", context)


@login_required
@never_cache
@require_safe
def entry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one entry: its state while it moves, its scores, its history."""
    found = entry_or_404(request.user, pk)
    context: dict[str, object] = {
        "entry": found,
        "submission": found.submission,
        "scores": _shown_scores(found),
        "changes": found.changes.select_related("actor"),
    }
    return _live(request, "entry", context)


@login_required
@never_cache
@require_safe
def submission_file(request: SignedInRequest, pk: int, position: int) -> FileResponse:
    """Give the team back what it sent, byte for byte."""
    files = submission_or_404(request.user, pk).files.select_related("file")
    sent = get_object_or_404(files, position=position)
    return FileResponse(
        storage.open_file(sent.file),
        as_attachment=True,
        filename=sent.name,
        content_type="application/octet-stream",
    )


def _submit(member: User, form: SubmissionForm) -> Submission:
    file = form.uploaded()
    return services.submit(
        team=form.cleaned_data["team"],
        member=member,
        phase=form.phase,
        test_set=form.cleaned_data["test_set"],
        system=form.described_system(),
        wants_primary=form.cleaned_data["wants_primary"],
        files=[services.Upload(file, file.name or "unnamed")],
    )


def _live(request: SignedInRequest, name: str, context: dict[str, object]) -> HttpResponse:
    # The polled piece is a partial of the same page; it leaves its trigger out once all is final.
    is_polled = request.headers.get("HX-Request") == "true"
    template = f"submissions/_{name}_live.html" if is_polled else f"submissions/{name}.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _shown_scores(entry: Entry) -> list[ShownScore]:
    newest = {score.metric: score for score in entry.scores.all()}
    return [
        ShownScore(column, newest[column.metric]) for column in COLUMNS if column.metric in newest
    ]
