"""What organisers take along of a shared task: boards, releases, outputs."""

from __future__ import annotations

from django.http import HttpResponse

from accounts.http import SignedInRequest
from organise.gate import task_page
from organise.pages import render_task_page
from sharedtasks.models import SharedTask
from sharedtasks.policy import Viewer


@task_page()
def exports(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Link the files of each phase; each address asks by itself what this reader may see."""
    phases = task.phases.filter(test_sets__isnull=False).distinct()
    context = {"phases": phases.prefetch_related("test_sets", "releases")}
    return render_task_page(
        request, "organise/exports.html", context, task=task, viewer=viewer, tab="exports"
    )
