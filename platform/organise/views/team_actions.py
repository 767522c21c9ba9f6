"""What organisers do about a team; each action asks first, on a page that says what happens."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import SignedInRequest
from accounts.models import Team
from audit.recording import Actor
from organise.asking import ReasonForm, Values, ask_first
from organise.gate import task_page
from organise.pages import Confirmation
from organise.people_forms import ExtensionForm, OrganisersReasonForm, TeamReasonForm
from organise.views.people import team_or_404
from sharedtasks.models import Extension, SharedTask, TeamDecision
from sharedtasks.policy import Role, Viewer
from sharedtasks.services import phases
from submissions.models import Entry
from submissions.services import teams as services


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def unverify(request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int) -> HttpResponse:
    """Ask for a reason, then take the verification of a team back."""
    row = team_or_404(task, viewer, team)
    ranked = _entries(task, row).filter(is_primary=True).count()
    return _ask(
        request, task, viewer, row,
        heading=f"Take back the verification of {row}?",
        says=[
            f"{_count(ranked, 'entry loses its rank', 'entries lose their rank')}. Only the team "
            "and the organisers see its entries on boards.",
            "It holds in every shared task in which the team takes part.",
            "Releases do not change.",
        ],
        button="Take back", takes_away=True, form_class=OrganisersReasonForm,
        act=lambda actor, values: services.end_verification(
            actor=actor, task=task, team=row, **values
        ),
        done=f"{row} is no longer verified.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def decline(request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int) -> HttpResponse:
    """Ask for a reason, then answer a team that it will not be verified."""
    row = team_or_404(task, viewer, team)
    return _ask(
        request, task, viewer, row,
        heading=f"Decline {row}?",
        says=["The team reads your answer on its page.", "Its entries stay, without a rank.",
              "You can verify it later."],
        button=f"Decline {row}", takes_away=True, form_class=TeamReasonForm,
        act=lambda actor, values: services.decline(actor=actor, task=task, team=row, **values),
        done=f"{row} is declined.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def remove(request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int) -> HttpResponse:
    """Ask for a public reason, then take a team's entries off all boards."""
    row = team_or_404(task, viewer, team)
    entries = _entries(task, row).count()
    return _ask(
        request, task, viewer, row,
        heading=f"Remove {row} from {task}?",
        says=[
            f"{_count(entries, 'entry has', 'entries have')} no place any more. Boards list them "
            "apart: “Withdrawn by the organisers: your reason”.",
            "The team can send nothing more to this shared task.",
            "Its account, its entries and releases stay as they are. You can admit it again.",
        ],
        button=f"Remove {row}", takes_away=True, form_class=ReasonForm,
        act=lambda actor, values: services.remove(actor=actor, task=task, team=row, **values),
        done=f"{row} is removed from {task}.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def readmit(request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int) -> HttpResponse:
    """Ask, then take a decision on a team back."""
    row = team_or_404(task, viewer, team)
    decision = get_object_or_404(TeamDecision, shared_task=task, team=row)
    happens = (
        "Its entries are on the boards again within a minute, with their ranks if it is verified."
        if decision.is_removal
        else "It waits to be verified again."
    )
    return _ask(
        request, task, viewer, row,
        heading=f"Admit {row} again?",
        says=[happens, "The reason is no longer shown."],
        button=f"Admit {row} again",
        act=lambda actor, _: services.end_decision(actor=actor, decision=decision),
        done=f"{row} takes part again.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def extend(
    request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int, phase: str
) -> HttpResponse:
    """Ask until when and why, then let a team submit later than others."""
    row = team_or_404(task, viewer, team)
    phase_row = get_object_or_404(task.phases, slug=phase)
    phase_row.shared_task = task
    closes = phase_row.closes_at
    closing = f"{closes:%a %d %b %Y, %H:%M} UTC" if closes else "never"
    return _ask(
        request, task, viewer, row,
        heading=f"Let {row} submit to {phase_row.name} later?",
        says=[f"{phase_row.name} closes: {closing}. Other teams submit until then.",
              "The team sees the new date on its upload page. No other date moves.",
              "An earlier extension of the team is replaced."],
        button=f"Extend for {row}", form_class=ExtensionForm,
        act=lambda actor, values: phases.extend(
            actor=actor, phase=phase_row, team=row, until=values["until"], reason=values["reason"]
        ),
        done=f"{row} may submit to {phase_row.name} later than others.",
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def end_extension(
    request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int, phase: str
) -> HttpResponse:
    """Ask, then take a team's later closing back."""
    row = team_or_404(task, viewer, team)
    extension = get_object_or_404(Extension, team=row, phase__slug=phase, phase__shared_task=task)
    return _ask(
        request, task, viewer, row,
        heading=f"End the extension of {row}?",
        says=[f"It may submit to {extension.phase.name} as long as other teams.",
              "What it has sent stays."],
        button="End the extension", takes_away=True,
        act=lambda actor, _: phases.end_extension(actor=actor, extension=extension),
        done=f"{row} submits until the closing of {extension.phase.name}, as others do.",
    )  # fmt: skip


def _ask(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    team: Team,
    *,
    heading: str,
    says: list[str],
    button: str,
    act: Callable[[Actor, Values], object],
    done: str,
    form_class: type[Form] = Form,
    takes_away: bool = False,
) -> HttpResponse:
    """Show the page that asks, or act and lead back to the team's page."""
    back = reverse("organise-team", args=[task.slug, team.pk])
    confirmation = Confirmation(heading, says, button, cancel=back, takes_away=takes_away)
    form = form_class(request.POST if request.method == "POST" else None)
    return ask_first(
        request, task, viewer, confirmation, act=act, done=done, tab="people", then=back, form=form
    )


def _entries(task: SharedTask, team: Team) -> QuerySet[Entry]:
    """Return what the team has on boards."""
    return Entry.objects.filter(test_set__phase__shared_task=task, team=team, withdrawn_at=None)


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"
