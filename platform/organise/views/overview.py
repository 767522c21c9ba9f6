"""The first page of a shared task: how it stands, and what needs a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise import counting, failures, timeline
from organise.bulk import tell
from organise.counting import EntryGroup
from organise.dates import find_current_phase, list_dates, list_without_date
from organise.days import draw_days
from organise.failures import RequeueForm
from organise.funnel import build_funnels, sum_up
from organise.gate import task_action, task_page
from organise.machines import list_machines
from organise.needs import read_needs
from organise.pages import render_task_page
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import Viewer
from sharedtasks.schedule import find_moved
from submissions.models import Entry
from submissions.states import EntryState

UNFINISHED = [EntryState.WAITING, EntryState.RUNNING, EntryState.SCORING]


@task_page()
def overview(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show phases, failures, the way from upload to rank, machines and activity."""
    return _show(request, task, viewer, RequeueForm())


@task_action()
def requeue(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Requeue the ticked rows, and say what was left out."""
    form = RequeueForm(request.POST)
    if not form.is_valid():
        return _show(request, task, viewer, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    reason = form.cleaned_data["reason"]
    requeued = failures.requeue(task, form.ticks, actor=Actor.of(request.user), reason=reason)
    tell(request, requeued, "requeued")
    return redirect("organise-task", task.slug)


def _show(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    form: RequeueForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    phases = list(counting.with_refused(task.phases.all()))
    for own in phases:
        own.shared_task = task
    phase = _choose_phase(phases, request.GET.get("phase", ""), now)
    test_sets = list(counting.with_refused_files(TestSet.objects.filter(phase__shared_task=task)))
    groups = counting.count_entries(task)
    machines = list_machines({test_set.pk: test_set.slug for test_set in test_sets})
    context: dict[str, object] = {
        "phase": phase,
        "phases": phases,
        "failed": failures.list_failed(task, read_needs(task)),
        "form": form,
        "ticked": set(form.ticks),
        "ticks_all": request.GET.get("tick") == "all",
        "machines": machines,
        "troubled": [machine for machine in machines if machine.needs_person],
        **_describe_queue(task, groups),
    }
    if phase is not None:
        context |= _describe_phase(phase, phases, now) | _describe_funnel(phase, test_sets, groups)
    return render_task_page(
        request, "organise/overview.html", context,
        task=task, viewer=viewer, tab="task", status=status,
    )  # fmt: skip


def _choose_phase(phases: Sequence[Phase], slug: str, now: datetime) -> Phase | None:
    """Return the phase that the address names, or the one that runs now."""
    if not slug:
        return find_current_phase(phases, now)
    for phase in phases:
        if phase.slug == slug:
            return phase
    raise Http404(f"There is no phase {slug}.")


def _describe_phase(phase: Phase, phases: Sequence[Phase], now: datetime) -> dict[str, object]:
    activity = counting.count_submissions(phase, now)
    moved = find_moved([phase]).get(phase.pk)
    return {
        "drawing": timeline.draw(phases, now),
        "dates": list_dates(phase, now, moved),
        "without_date": list_without_date(phase),
        "activity": activity,
        "days": draw_days(activity.days, phase.closes_at, now),
    }


def _describe_funnel(
    phase: Phase, test_sets: Iterable[TestSet], groups: Iterable[EntryGroup]
) -> dict[str, object]:
    own = [test_set for test_set in test_sets if test_set.phase_id == phase.pk]
    refused: dict[int | None, int] = {None: phase.refused}  # type: ignore[attr-defined]
    refused |= {row.pk: row.refused for row in own}  # type: ignore[attr-defined]  # of `counting`
    funnels = build_funnels(own, groups, refused=refused)
    return {"funnels": funnels, "total": sum_up(funnels)}


def _describe_queue(task: SharedTask, groups: Iterable[EntryGroup]) -> dict[str, object]:
    """Return how many entries are at which work, and the one that has been at it longest."""
    counts: Counter[str] = Counter()
    for group in groups:
        counts[group.state] += 0 if group.is_withdrawn else group.size
    context: dict[str, object] = {str(state): counts[state] for state in UNFINISHED}
    if any(counts[state] for state in UNFINISHED):
        unfinished = Entry.objects.filter(
            test_set__phase__shared_task=task, state__in=UNFINISHED, withdrawn_at=None
        )
        context["oldest"] = unfinished.select_related("test_set").order_by("state_since").first()
    return context
