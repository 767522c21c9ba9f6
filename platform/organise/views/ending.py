"""Pausing, retiring and deleting: each asks first, on a page that says what happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise.asking import ReasonForm, ask_first
from organise.gate import task_page
from organise.pages import Confirmation
from sharedtasks.announcement import make_key
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import Role, Viewer
from sharedtasks.services import announcing, phases
from sharedtasks.states import Announceable, State

READABLE = (
    "It takes nothing new, and leaves tabs and lists. Entries stay readable at their addresses, "
    "with your reason."
)


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def pause(request: SignedInRequest, task: SharedTask, viewer: Viewer, phase: str) -> HttpResponse:
    """Ask for a reason, then refuse uploads to a phase."""
    row = get_object_or_404(task.phases, slug=phase)
    says = ["Uploads are refused with your reason.", "Uploads that have begun may end, and what is "
            "queued goes on.", "No date is moved."]  # fmt: skip
    return _ask(
        request, task, viewer, row,
        act=lambda actor, reason: phases.pause(actor=actor, phase=row, reason=reason),
        confirmation=Confirmation(
            f"Pause submissions to {row.name}?", says, "Pause submissions", _find_page(row)
        ),
        form_class=ReasonForm,
        done=f"Submissions to {row.name} are paused.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def resume(request: SignedInRequest, task: SharedTask, viewer: Viewer, phase: str) -> HttpResponse:
    """Ask, then take uploads to a phase again."""
    row = get_object_or_404(task.phases, slug=phase)
    says = ["Uploads are taken again, between the dates of the phase.", "The pause moved no date: "
            "if time was lost, move the closing on the phase's page."]  # fmt: skip
    return _ask(
        request, task, viewer, row,
        act=lambda actor, _: phases.resume(actor=actor, phase=row),
        confirmation=Confirmation(
            f"Resume submissions to {row.name}?", says, "Resume submissions", _find_page(row)
        ),
        done=f"{row.name} takes submissions again.",
    )  # fmt: skip


@task_page(least=Role.OWNER, posts=Role.OWNER)
def retire(request: SignedInRequest, task: SharedTask, viewer: Viewer, part: str) -> HttpResponse:
    """Ask for a reason, then retire the shared task or a part of it."""
    row = _part_or_404(task, part)
    return _ask(
        request, task, viewer, row,
        act=lambda actor, reason: announcing.retire(actor=actor, row=row, reason=reason),
        confirmation=Confirmation(
            f"Retire {_name(row)}?", [READABLE, "You can put it back."], f"Retire {_name(row)}",
            _find_page(row), takes_away=True,
        ),
        form_class=ReasonForm,
        done=f"{_name(row)} is retired.",
    )  # fmt: skip


@task_page(least=Role.OWNER, posts=Role.OWNER)
def put_back(request: SignedInRequest, task: SharedTask, viewer: Viewer, part: str) -> HttpResponse:
    """Ask, then announce again what was retired."""
    row = _part_or_404(task, part)
    says = ["It is in tabs and lists again, and takes uploads between its dates.", "The reason for "
            "which it was retired is no longer shown."]  # fmt: skip
    return _ask(
        request, task, viewer, row,
        act=lambda actor, _: announcing.put_back(actor=actor, row=row),
        confirmation=Confirmation(
            f"Put {_name(row)} back?", says, f"Put {_name(row)} back", _find_page(row)
        ),
        done=f"{_name(row)} is back.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def delete(request: SignedInRequest, task: SharedTask, viewer: Viewer, part: str) -> HttpResponse:
    """Ask, then delete the shared task or a part of it, as long as no team has an entry there."""
    row = _part_or_404(task, part)
    if row.state != State.DRAFT and not viewer.has_role(task.pk, Role.OWNER):
        raise PermissionDenied(f"Only the owners of {task} may delete what has been announced.")
    says = ["This is possible as long as no team has an entry there. Reference points and boards "
            "go, too.", "This cannot be undone."]  # fmt: skip
    return _ask(
        request, task, viewer, row,
        act=lambda actor, _: announcing.delete(actor=actor, row=row),
        confirmation=Confirmation(
            f"Delete {_name(row)}?", says, f"Delete {_name(row)}", _find_page(row), takes_away=True
        ),
        done=f"{_name(row)} is deleted.",
        then=reverse("organise") if row == task else reverse("organise-phases", args=[task.slug]),
    )  # fmt: skip


def _ask(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    row: Announceable,
    *,
    act: Callable[[Actor, str], None],
    confirmation: Confirmation,
    done: str,
    form_class: type[forms.Form] = forms.Form,
    then: str = "",
) -> HttpResponse:
    """Show the page that asks, or do what its button says and lead back."""
    form = form_class(request.POST if request.method == "POST" else None)
    return ask_first(
        request, task, viewer, confirmation,
        act=lambda actor, values: act(actor, values.get("reason", "")),
        done=done,
        tab=_find_tab(row),
        then=then or _find_page(row),
        form=form,
    )  # fmt: skip


def _part_or_404(task: SharedTask, key: str) -> Announceable:
    """Return the shared task, or the phase or test set of it, by its key: phase-3, test-set-12."""
    rows: Sequence[Announceable] = [
        task,
        *Phase.objects.filter(shared_task=task),
        *TestSet.objects.filter(phase__shared_task=task).select_related("phase__shared_task"),
    ]
    found = next((row for row in rows if make_key(row) == key), None)
    if found is None:
        raise Http404(f"{task} has no part {key}.")
    return found


def _name(row: Announceable) -> str:
    if isinstance(row, TestSet):
        return f"{row.slug} of {row.phase.name}"
    return str(getattr(row, "name", row))


def _find_tab(row: Announceable) -> str:
    return "phases" if isinstance(row, Phase) else "announce"


def _find_page(row: Announceable) -> str:
    """Return the page on which the action was offered."""
    if isinstance(row, Phase):
        return reverse("organise-phase", args=[row.shared_task.slug, row.slug])
    return reverse("organise-announce", args=[row.task_slug])
