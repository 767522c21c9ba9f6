"""The phases of a shared task: one release calendar for each, limits, pauses."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise.audience import build_sight
from organise.gate import task_page
from organise.pages import render_task_page
from organise.phase_form import ZONES, NewPhaseForm, PhaseForm, compute_digest
from sharedtasks.announcement import make_key
from sharedtasks.models import Phase, SharedTask
from sharedtasks.policy import Role, Viewer
from sharedtasks.release_dates import DATES, CalendarDate, Doubt
from sharedtasks.schedule import find_phase_state
from sharedtasks.services import phases as services
from sharedtasks.states import State

CHANGED_MEANWHILE = (
    "Not saved: somebody has changed this phase while you were editing. Your values are still in "
    "the form; the dates that were stored stand beside them. Save once more to replace them."
)


@dataclass(frozen=True, slots=True)
class DateRow:
    """A line of the release calendar."""

    date: CalendarDate
    field: BoundField
    at: datetime | None  # as the form says it
    stored: datetime | None

    @property
    def is_changed(self) -> bool:
        """Return whether it differs from what is stored."""
        return self.at != self.stored


@task_page()
def phases(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Lead to the phase that comes next, or say that there is no phase yet."""
    rows = list(task.phases.all())
    if rows:
        now = timezone.now()
        coming = [row for row in rows if row.closes_at is None or row.closes_at > now]
        return redirect("organise-phase", task.slug, (coming or rows[-1:])[0].slug)
    return render_task_page(
        request, "organise/no_phase.html", {}, task=task, viewer=viewer, tab="phases"
    )


@task_page(posts=Role.ORGANISER)
def phase(request: SignedInRequest, task: SharedTask, viewer: Viewer, phase: str) -> HttpResponse:
    """Show a phase and who sees what of it when; change it, or only check the dates."""
    row = get_object_or_404(task.phases, slug=phase)
    row.shared_task = task
    if request.method != "POST":
        zone = request.GET.get("zone", "")
        form = PhaseForm(phase=row, zone=zone if zone in ZONES else "AoE")
        return _show(request, row, viewer, form)
    form = PhaseForm(request.POST, phase=row)
    only_checks = "check" in request.POST
    if form.is_valid() and not only_checks:
        if form.cleaned_data["seen"] != compute_digest(row):
            form.add_error(None, CHANGED_MEANWHILE)
        elif _save(request, row, form):
            return redirect("organise-phase", task.slug, row.slug)
    is_fine = only_checks and form.is_valid()
    status = HTTPStatus.OK if is_fine else HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, row, viewer, form, status=status)


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def new_phase(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Create a phase, as a draft."""
    row = Phase(shared_task=task)
    if request.method != "POST":
        return _show(request, row, viewer, NewPhaseForm(phase=row))
    form = NewPhaseForm(request.POST, phase=row)
    only_checks = "check" in request.POST
    if form.is_valid() and not only_checks and _save(request, row, form):
        return redirect("organise-phase", task.slug, form.cleaned_data["slug"])
    is_fine = only_checks and form.is_valid()
    status = HTTPStatus.OK if is_fine else HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, row, viewer, form, status=status)


def _save(request: SignedInRequest, row: Phase, form: PhaseForm) -> bool:
    """Save what the form says; return False, with the reason in the form, if that cannot be."""
    actor, is_meant = Actor.of(request.user), form.cleaned_data["is_meant"]
    try:
        if row._state.adding:
            slug = form.cleaned_data["slug"]
            services.create_phase(
                actor=actor, task=row.shared_task, slug=slug, values=form.values, is_meant=is_meant
            )
        else:
            services.change_phase(actor=actor, phase=row, values=form.values, is_meant=is_meant)
    except services.ConfirmationNeeded:
        return False  # the page shows the doubts, and the box that says it is meant
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    messages.success(request, _describe_saved(row, form))
    return True


def _describe_saved(row: Phase, form: PhaseForm) -> str:
    if row._state.adding:
        return f"{form.cleaned_data['name']} is a draft: only organisers see it."
    moved = sum(at != getattr(row, name) for name, at in form.instants.items())
    if not moved or not row.is_public:
        return "Saved."
    what = "1 date has moved" if moved == 1 else f"{moved} dates have moved"
    return f"Saved: {what}. The overview shows the old and the new."


def _show(
    request: SignedInRequest,
    row: Phase,
    viewer: Viewer,
    form: PhaseForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now, task = timezone.now(), row.shared_task
    candidate = _build_candidate(row, form)
    doubts = _list_doubts(row, candidate, form, now)
    context: dict[str, Any] = {
        "phase": row,
        "phases": _list_phases(task, now),
        "form": form,
        "rows": [_build_row(date, row, form) for date in DATES.values()],
        "zone": form.chosen_zone,
        "own_zone": request.user.time_zone,
        "doubts": doubts,
        "sight": build_sight(candidate, now) if candidate.opens_at else None,
        "seen": compute_digest(row),
        "part_key": make_key(row),
    }
    return render_task_page(
        request, "organise/phase.html", context,
        task=task, viewer=viewer, tab="phases", status=status,
    )  # fmt: skip


def _list_phases(task: SharedTask, now: datetime) -> list[tuple[Phase, str]]:
    """Return the phases with the word for their state."""
    rows = list(task.phases.all())
    for row in rows:
        row.shared_task = task
    return [
        (row, row.state if row.state != State.ANNOUNCED else find_phase_state(row, now))
        for row in rows
    ]


def _build_candidate(row: Phase, form: PhaseForm) -> Phase:
    """Return the phase as it would be for everybody once it is saved, and announced."""
    candidate = copy(row)
    candidate.state = State.ANNOUNCED
    candidate.shared_task = SharedTask(state=State.ANNOUNCED)
    if form.is_bound:
        for date, at in form.instants.items():
            setattr(candidate, date, at)
        for name in ("kind", "own_scores_verified_only"):
            setattr(candidate, name, form.cleaned_data.get(name, getattr(row, name)))
    return candidate


def _list_doubts(row: Phase, candidate: Phase, form: PhaseForm, now: datetime) -> list[Doubt]:
    """Return what makes no sense, or happens at once, as far as the form could be read."""
    if not form.is_bound or form.errors:
        return []
    if row._state.adding:
        return services.list_doubts(None, candidate, now)
    candidate = copy(candidate)
    candidate.state, candidate.shared_task = row.state, row.shared_task
    return services.list_doubts(row, candidate, now)


def _build_row(date: CalendarDate, row: Phase, form: PhaseForm) -> DateRow:
    stored = getattr(row, date.name)
    at = form.instants.get(date.name) if form.is_bound else stored
    return DateRow(date, form[date.name], at, stored)
