"""Read-only tables for operators, with their actions. Only services change rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from audit.admin import ReadOnly
from audit.admin_site import actor_of
from submissions.models import Entry, Problem, Rescore, Score, StateChange, Submission, Verdict
from submissions.services.organiser_actions import OrganiserAction, list_for

AdminAction = Callable[[Any, HttpRequest, QuerySet[Any]], None]


def build_admin_action(action: OrganiserAction) -> AdminAction:
    """Return an action of the admin panel that does an organiser's action for each row."""

    @admin.action(description=action.admin_label, permissions=["organise"])
    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor, done = actor_of(request), 0
        for row in queryset.order_by("pk"):
            try:
                action.service(row, actor)
            except ValidationError as error:
                reasons = " ".join(error.messages)
                model_admin.message_user(request, f"{row}: {reasons}", messages.WARNING)
            else:
                done += 1
        model_admin.message_user(request, f"{action.label}: {done} done.")

    act.__name__ = action.name  # by which the panel knows it
    return act


class Organised(ReadOnly):
    """Superusers can do by hand what the page of a row offers: filter by state and phase first."""

    def has_organise_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_superuser


@admin.register(Submission)
class SubmissionAdmin(Organised):
    actions = [build_admin_action(action) for action in list_for(Submission)]
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "created_at"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    list_filter = ["state", "phase"]
    search_fields = ["system", "team__name", "image_reference"]


@admin.register(Entry)
class EntryAdmin(Organised):
    actions = [build_admin_action(action) for action in list_for(Entry)]
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "is_primary"]
    list_filter = ["state", "test_set__phase", "test_set"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    search_fields = ["system", "team__name"]


@admin.register(Score)
class ScoreAdmin(ReadOnly):
    list_display = ["entry", "metric", "value", "signature"]
    list_filter = ["metric"]


@admin.register(Rescore)
class RescoreAdmin(ReadOnly):
    list_display = ["entry", "state", "attempts", "reason", "state_since"]
    list_filter = ["state", "entry__test_set__phase"]
    list_select_related = ["entry__test_set"]


@admin.register(Verdict)
class VerdictAdmin(ReadOnly):
    list_display = ["submission", "file", "test_set", "entry", "errors", "warnings"]
    list_select_related = ["submission", "test_set__phase__shared_task", "entry__test_set"]


@admin.register(Problem)
class ProblemAdmin(ReadOnly):
    list_display = ["submission", "severity", "line", "segment", "message"]


@admin.register(StateChange)
class StateChangeAdmin(ReadOnly):
    list_display = ["at", "submission", "entry", "kind", "old", "new", "reason", "actor"]
    list_select_related = ["submission", "entry__test_set", "actor"]
