"""The organisers of a shared task: who has which role. Owners give, change and take roles."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise.asking import ask_first
from organise.gate import task_page
from organise.pages import Confirmation, render_task_page
from organise.people_forms import NewRoleForm, RoleForm
from sharedtasks.models import Organiser, SharedTask
from sharedtasks.policy import Role, Viewer
from sharedtasks.services import roles as services
from submissions.taking_part import list_organisers_teams


@task_page(posts=Role.OWNER)
def roles(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show who has which role; give an account a role."""
    form = NewRoleForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        person, actor = form.cleaned_data["person"], Actor.of(request.user)
        try:
            services.add_organiser(actor=actor, task=task, user=person, **form.values)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"{person} is {form.values['role']} of {task} now.")
            return redirect("organise-roles", task.slug)
    organisers = list(task.organisers.select_related("user").order_by("user__username"))
    counting = set(task.organisers.counting().values_list("pk", flat=True))
    teams = list_organisers_teams(task)
    context = {
        "lines": [
            (row, row.pk in counting, [team for team, users in teams.items() if row.user in users])
            for row in organisers
        ],
        "owners": [row.user.username for row in organisers if row.role == Role.OWNER],
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_task_page(
        request, "organise/roles.html", context,
        task=task, viewer=viewer, tab="people", status=status,
    )  # fmt: skip


@task_page(least=Role.OWNER, posts=Role.OWNER)
def role(request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int) -> HttpResponse:
    """Ask which role, then give it to an organiser."""
    held = get_object_or_404(task.organisers.select_related("user", "shared_task"), pk=pk)
    initial = {"role": held.role, "reads_references": held.reads_references}
    form = RoleForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("organise-roles", args=[task.slug])
    says = [f"{held.user} is {held.role} now.", "Owners and organisers need two-factor sign-in: "
            "their role counts once it is on.", "The change holds at once."]  # fmt: skip
    return ask_first(
        request, task, viewer,
        Confirmation(f"Change the role of {held.user}?", says, "Change the role", back),
        act=lambda actor, _: services.set_role(actor=actor, organiser=held, **form.values),
        done=f"The role of {held.user} is changed.", tab="people", then=_next(request, held, back),
        form=form,
    )  # fmt: skip


@task_page(least=Role.OWNER, posts=Role.OWNER)
def remove_role(
    request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int
) -> HttpResponse:
    """Ask, then take an organiser's role away."""
    held = get_object_or_404(task.organisers.select_related("user", "shared_task"), pk=pk)
    back = reverse("organise-roles", args=[task.slug])
    says = [f"{held.user} can read nothing here from now on.",
            f"What {held.user} did stays in the log."]  # fmt: skip
    return ask_first(
        request, task, viewer,
        Confirmation(
            f"Remove {held.user} from the organisers?", says, f"Remove {held.user}", back,
            takes_away=True,
        ),
        act=lambda actor, _: services.remove_organiser(actor=actor, organiser=held),
        done=f"{held.user} is no longer {held.role} of {task}.", tab="people",
        then=_next(request, held, back),
    )  # fmt: skip


def _next(request: SignedInRequest, held: Organiser, back: str) -> str:
    """Return where a change leads: whoever changes the own role may not come back."""
    return reverse("organise") if held.user == request.user else back
