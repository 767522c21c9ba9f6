"""For organisers, to look at, and to requeue; moves happen through services alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from sharedtasks.viewers import viewer_of
from submissions import requeueing
from submissions.models import Entry, Problem, Score, StateChange, Submission, Verdict


class ReadOnly(admin.ModelAdmin[Any]):
    """A table to search and read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Requeueable(ReadOnly):
    """What failed on our side can be requeued: choose the state *failed* and a phase first."""

    actions = ["requeue"]

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and viewer_of(request.user).is_organiser

    @admin.action(description="Requeue what failed on our side", permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = 0
        for row in queryset.order_by("pk"):
            try:
                self.requeue_row(row, request)
            except ValidationError as error:
                self.message_user(request, f"{row}: {' '.join(error.messages)}", messages.WARNING)
            else:
                done += 1
        self.message_user(request, f"Requeued now: {done}.")

    def requeue_row(self, row: Any, request: HttpRequest) -> None:
        raise NotImplementedError


@admin.register(Submission)
class SubmissionAdmin(Requeueable):
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "created_at"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    list_filter = ["state", "phase"]
    search_fields = ["system", "team__name", "image_reference"]

    def requeue_row(self, row: Submission, request: HttpRequest) -> None:
        assert isinstance(request.user, User)  # or the action would not be offered
        requeueing.requeue_submission(submission=row, actor=request.user)


@admin.register(Entry)
class EntryAdmin(Requeueable):
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "is_primary"]
    list_filter = ["state", "test_set__phase", "test_set"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    search_fields = ["system", "team__name"]

    def requeue_row(self, row: Entry, request: HttpRequest) -> None:
        assert isinstance(request.user, User)  # or the action would not be offered
        requeueing.requeue_entry(entry=row, actor=request.user)


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
    list_display = ["at", "submission", "entry", "old", "new", "reason", "actor"]
    list_select_related = ["submission", "entry__test_set", "actor"]
