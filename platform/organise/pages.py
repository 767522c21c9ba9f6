"""Renders organisers' pages in their frame: head, tabs, and what the reader should know first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.http import SignedInRequest
from accounts.models import Team
from organise.gate import operates_nodes
from organise.needs import read_needs
from organise.tabs import list_tabs
from sharedtasks.models import SharedTask
from sharedtasks.policy import Role, Viewer
from submissions.taking_part import select_participants

Context = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A page that says what an action changes, for whom, and what stays; its button does it."""

    heading: str
    says: Sequence[str]  # sentences
    button: str  # verb and number
    cancel: str  # an address
    objects: Sequence[str] = ()  # what it is about, where there are several
    takes_away: bool = False  # the button is red
    form: Form | None = None  # such as a reason, whose label says who reads it; hidden fields, too


def render_task_page(
    request: SignedInRequest,
    template: str,
    context: Context,
    *,
    task: SharedTask,
    viewer: Viewer,
    tab: str,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Render a page of a shared task; `tab` is the name of the tab that it belongs to.

    The template gets `task`, `role`, `may_change`, `is_owner` and `now` besides its context.
    """
    needs = read_needs(task)
    frame: dict[str, object] = {
        "layout": "organise/task_page.html",
        "task": task,
        "role": viewer.roles[task.pk],
        "may_change": viewer.has_role(task.pk, Role.ORGANISER),
        "is_owner": viewer.has_role(task.pk, Role.OWNER),
        "tabs": list_tabs(task, tab, needs),
        "needs": needs,
        "task_state": task.state,
        "reads_references": viewer.reads_references(task.pk),
        "own_teams": _find_own_teams(task, viewer),
    }
    return render_site_page(request, template, frame | dict(context), status=status)


def render_site_page(
    request: SignedInRequest, template: str, context: Context, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a page that belongs to no shared task."""
    frame = {
        "layout": "organise/base.html",
        "section": "organise",
        "operates_nodes": operates_nodes(request.user),
        "now": timezone.now(),
    }
    return render(request, template, frame | dict(context), status=status)


def _find_own_teams(task: SharedTask, viewer: Viewer) -> list[Team]:
    """Return the reader's own teams that take part."""
    if not viewer.teams:
        return []
    return list(select_participants(task).filter(pk__in=viewer.teams))
