"""The actions of organisers on the pages of submissions and entries."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from audit.recording import Actor
from sharedtasks.access import require_role
from sharedtasks.policy import Role, Viewer
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Submission
from submissions.pages.access import entry_or_404, submission_or_404
from submissions.services import organiser_actions, requeueing
from submissions.services.organiser_actions import OrganiserAction


@never_cache
@require_POST
def act(request: HttpRequest, pk: int, *, action: OrganiserAction) -> HttpResponse:
    """Do what the button says, and return to the row's page."""
    if not isinstance(request.user, User):  # after signing in, to the page
        return redirect_to_login(reverse(str(action.model._meta.model_name), args=[pk]))
    fetch = entry_or_404 if action.model is Entry else submission_or_404
    row = fetch(request.user, pk)
    require_role(viewer_of(request.user), row.phase.shared_task, Role.ORGANISER)
    try:
        action.service(row, Actor.of(request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, action.describe_done(row))
    return redirect(row)


def build_context(row: Entry | Submission, viewer: Viewer) -> dict[str, object]:
    """Return the actions that a row's page offers; empty for anybody but organisers."""
    if not viewer.has_role(row.phase.shared_task_id, Role.ORGANISER):
        return {}
    offered = [
        {
            "action": action,
            "address": action.find_address(row),
            "obstacle": action.find_obstacle(row),
        }
        for action in organiser_actions.list_for(type(row))
        if action.is_offered(row)
    ]
    return {
        "organiser_actions": offered,
        "organises_entry": isinstance(row, Entry),
        "successor": requeueing.find_successor(row) if offered else None,
    }
