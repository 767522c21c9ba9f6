"""Read-only tables for organisers. Services change rows; the only action here is to requeue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Problem, Score, StateChange, Submission, Verdict
from submissions.services import requeueing

Action = Callable[[Any, HttpRequest, QuerySet[Any]], None]


class ReadOnly(admin.ModelAdmin[Any]):
    """A table to search and read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def build_requeue_action(requeue_row: Callable[[Any, User], object]) -> Action:
    """Return an action that calls `requeue_row(row, organiser)` for each row."""

    @admin.action(description="Requeue what failed on our side", permissions=["requeue"])
    def requeue(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        assert isinstance(request.user, User)  # or the action would not be offered
        done = 0
        for row in queryset.order_by("pk"):
            try:
                requeue_row(row, request.user)
            except ValidationError as error:
                reasons = " ".join(error.messages)
                model_admin.message_user(request, f"{row}: {reasons}", messages.WARNING)
            else:
                done += 1
        model_admin.message_user(request, f"Requeued: {done}.")

    return requeue


class Requeueable(ReadOnly):
    """Organisers can requeue rows that failed on our side: filter by *failed* and a phase first."""

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and viewer_of(request.user).is_organiser


@admin.register(Submission)
class SubmissionAdmin(Requeueable):
    actions = [
        build_requeue_action(
            lambda submission, actor: requeueing.requeue_submission(
                submission=submission, actor=actor
            )
        )
    ]
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "created_at"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    list_filter = ["state", "phase"]
    search_fields = ["system", "team__name", "image_reference"]


@admin.register(Entry)
class EntryAdmin(Requeueable):
    actions = [
        build_requeue_action(
            lambda entry, actor: requeueing.requeue_entry(entry=entry, actor=actor)
        )
    ]
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "is_primary"]
    list_filter = ["state", "test_set__phase", "test_set"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    search_fields = ["system", "team__name"]


@admin.register(Score)
class ScoreAdmin(ReadOnly):
    list_display = ["entry", "metric", "value", "signature"]
    list_filter = ["metric"]


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
