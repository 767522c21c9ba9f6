"""Announcing: what becomes public, each part ticked by itself."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise.gate import task_page
from organise.pages import render_task_page
from sharedtasks.announcement import Announcement, choose_usual, plan_announcement
from sharedtasks.models import Phase, SharedTask, TestSet, TestSetDownload
from sharedtasks.policy import Role, Viewer
from sharedtasks.services import announcing as services

NOTHING_CHOSEN = "Tick what you want to announce."


@task_page(posts=Role.OWNER)
def announce(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show what becomes public, and announce the ticked parts."""
    if request.method != "POST":
        return _show(request, task, viewer, _plan(task, None))
    planned, error = _plan(task, request.POST.getlist("part")), ""
    if "check" in request.POST:
        return _show(request, task, viewer, planned)
    if not planned.chosen:
        return _show(request, task, viewer, planned, error=NOTHING_CHOSEN)
    try:
        parts = [part.row for part in planned.chosen]
        services.announce(actor=Actor.of(request.user), task=task, parts=parts)
    except ValidationError as refused:
        error = " ".join(refused.messages)
        return _show(request, task, viewer, planned, error=error)
    messages.success(request, f"Announced: {planned.names}.")
    return redirect("organise-announce", task.slug)


def _plan(task: SharedTask, chosen: Collection[str] | None) -> Announcement:
    """Return what a choice makes public; None: what is usual."""
    files = Prefetch("downloads", TestSetDownload.objects.select_related("file"))
    test_sets = TestSet.objects.select_related("terminology_mode").prefetch_related(files)
    phases: list[Phase] = list(task.phases.prefetch_related(Prefetch("test_sets", test_sets)))
    for phase in phases:
        phase.shared_task = task
    now = timezone.now()
    if chosen is None:
        chosen = choose_usual(task, phases, now)
    return plan_announcement(task, phases, chosen, now)


def _show(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    planned: Announcement,
    *,
    error: str = "",
) -> HttpResponse:
    owners = task.organisers.filter(role=Role.OWNER).values_list("user__username", flat=True)
    context = {"planned": planned, "error": error, "owners": list(owners)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render_task_page(
        request, "organise/announce.html", context,
        task=task, viewer=viewer, tab="announce", status=status,
    )  # fmt: skip
