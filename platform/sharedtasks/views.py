"""The pages about a shared task."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sharedtasks.models import Phase, SharedTask, TestSet


@require_safe
def shared_task(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what the shared task is, when what can be submitted, and where the boards are."""
    phases = Phase.objects.prefetch_related(Prefetch("test_sets", TestSet.objects.all()))
    tasks = SharedTask.objects.prefetch_related(Prefetch("phases", phases))
    task = get_object_or_404(tasks, slug=slug)
    now = timezone.now()
    rows = [(phase, phase.is_open(now), phase.opens_at > now) for phase in task.phases.all()]
    return render(request, "sharedtasks/shared_task.html", {"task": task, "phases": rows})
