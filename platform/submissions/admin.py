"""For organisers, to look at; moves happen through services alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from submissions.models import Entry, Problem, Score, StateChange, Submission, Verdict


class ReadOnly(admin.ModelAdmin[Any]):
    """A table to search and read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Submission)
class SubmissionAdmin(ReadOnly):
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "created_at"]
    list_select_related = ["team", "test_set__phase__shared_task"]
    list_filter = ["state", "phase"]
    search_fields = ["system", "team__name", "image_reference"]


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ["pk", "system", "team", "test_set", "state", "attempts", "is_primary"]
    list_filter = ["state", "test_set"]
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
    list_display = ["at", "submission", "entry", "old", "new", "reason", "actor"]
    list_select_related = ["submission", "entry__test_set", "actor"]
