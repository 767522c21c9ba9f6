"""What organisers take along of a shared task: boards, releases, outputs."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.http import HttpResponse

from accounts.http import SignedInRequest
from organise.gate import task_page
from organise.pages import render_task_page
from sharedtasks.models import SharedTask
from sharedtasks.policy import Viewer
from submissions.models import Entry
from submissions.states import EntryState


@task_page()
def exports(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Link the files of each phase; each address asks by itself what this reader may see."""
    outputs = Entry.objects.filter(
        test_set__phase=OuterRef("pk"), state=EntryState.SCORED, team__isnull=False
    )
    phases = (
        task.phases.filter(test_sets__isnull=False)
        .distinct()
        .annotate(has_outputs=Exists(outputs.filter(withdrawn_at=None)))
        .prefetch_related("test_sets", "releases")
    )
    context = {"phases": phases}
    return render_task_page(
        request, "organise/exports.html", context, task=task, viewer=viewer, tab="exports"
    )
