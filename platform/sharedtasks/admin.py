from __future__ import annotations

from django.contrib import admin
from django.db.models import F
from django.forms import ModelForm
from django.http import HttpRequest

from sharedtasks.models import Phase, SharedTask, TestSet


@admin.register(SharedTask)
class SharedTaskAdmin(admin.ModelAdmin[SharedTask]):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Phase)
class PhaseAdmin(admin.ModelAdmin[Phase]):
    list_display = ["name", "shared_task", "opens_at", "closes_at"]


@admin.register(TestSet)
class TestSetAdmin(admin.ModelAdmin[TestSet]):
    """To look at, and to choose what ranks; test sets come in through `import_test_set`."""

    list_display = ["slug", "phase", "segments", "required_terms", "ranking_metric"]
    list_filter = ["phase"]
    fields = ["phase", "mode", "version", "text_form", "lemmatiser", "ranking_metric", "digest"]
    readonly_fields = ["phase", "mode", "version", "text_form", "lemmatiser", "digest"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: TestSet, form: ModelForm[TestSet], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        # Another ranking metric is another board: the sweeper sees the new count.
        TestSet.objects.filter(pk=obj.pk).update(results_version=F("results_version") + 1)
