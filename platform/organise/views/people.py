"""The people of a shared task: teams to verify, teams that take part, and what is known of each."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from accounts.http import SignedInRequest
from accounts.models import Team
from audit.recording import Actor
from organise.gate import task_action, task_page
from organise.pages import render_task_page
from organise.participants import list_members, write_participants
from organise.people_forms import PaperForm, TeamFilter
from organise.teams import MOST_NEW, TeamLists, find_manageable, list_teams, select_new_teams
from sharedtasks.models import SharedTask
from sharedtasks.policy import Role, Viewer
from submissions.services import teams as services

MOST_TICKED = 500  # teams at once


@task_page()
def people(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show which teams wait, and all that take part."""
    return _show_list(request, task, viewer)


@task_action()
def verify(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Verify the ticked teams."""
    numbers = [text for text in request.POST.getlist("team")[:MOST_TICKED] if _is_number(text)]
    chosen = list(find_manageable(task, is_changing=True).filter(pk__in=numbers))
    if not chosen:
        return _show_list(request, task, viewer, error="Tick the teams that you want to verify.")
    count = services.verify(actor=Actor.of(request.user), task=task, teams=chosen)
    what = "1 team is verified" if count == 1 else f"{count} teams are verified"
    messages.success(request, f"{what}. Each reads so on its page, and its entries are ranked.")
    return redirect("organise-people", task.slug)


@task_action()
def participants(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Send names and addresses of all participants as CSV; the log keeps who took them along."""
    lines = list_teams(task)
    members = list_members(lines)
    people = len({member.user_id for member in members})
    services.record_download(actor=Actor.of(request.user), task=task, people=people)
    return HttpResponse(
        write_participants(lines, members),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{task.slug}-participants.csv"'},
    )


@task_page(posts=Role.ORGANISER)
def team(request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int) -> HttpResponse:
    """Show a team and what can be done about it; change how papers name it."""
    row = team_or_404(task, viewer, team)
    form = PaperForm(request.POST if request.method == "POST" else None, team=row)
    if form.is_bound and form.is_valid():
        try:
            services.describe(
                actor=Actor.of(request.user), task=task, team=row, **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "Saved.")
            return redirect("organise-team", task.slug, row.pk)
    line = next((line for line in list_teams(task) if line.team == row), None)
    memberships = row.membership_set.select_related("user").order_by("-role", "user__username")
    context = {
        "team": row,
        "line": line,
        "memberships": memberships,
        "phases": list(task.phases.all()),
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_task_page(
        request, "organise/team.html", context,
        task=task, viewer=viewer, tab="people", status=status,
    )  # fmt: skip


def team_or_404(task: SharedTask, viewer: Viewer, pk: int) -> Team:
    """Return a team of the shared task, or for whoever verifies teams one that is new."""
    is_changing = viewer.has_role(task.pk, Role.ORGANISER)
    row = find_manageable(task, is_changing=is_changing).filter(pk=pk).first()
    if row is None:
        raise Http404(f"{task} has no team {pk}.")
    return row


def _show_list(
    request: SignedInRequest, task: SharedTask, viewer: Viewer, *, error: str = ""
) -> HttpResponse:
    form = TeamFilter(request.GET)
    lines = list_teams(task)
    lists, shown = TeamLists.of(lines), TeamLists.of(form.select(lines))
    may_verify = viewer.has_role(task.pk, Role.ORGANISER)
    context = {
        "lists": lists,
        "verified": shown.verified,
        "new_teams": select_new_teams()[:MOST_NEW] if may_verify else [],
        "form": form,
        "is_filtered": bool(request.GET.get("q") or request.GET.get("which")),
        "ticks_all": request.GET.get("tick") == "all",
        "people": sum(line.members for line in lines),
        "error": error,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render_task_page(
        request, "organise/people.html", context,
        task=task, viewer=viewer, tab="people", status=status,
    )  # fmt: skip


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18  # digits of a 64-bit number
