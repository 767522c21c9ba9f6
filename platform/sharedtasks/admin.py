from __future__ import annotations

from django.contrib import admin
from django.db.models import F
from django.forms import ModelForm
from django.http import HttpRequest

from sharedtasks.models import Phase, SharedTask, TestSet


@admin.register(SharedTask)
class SharedTaskAdmin(admin.ModelAdmin[SharedTask]):
    list_display = ["name", "slug", "contact"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "contact"]}),
        (
            "Texts",
            {
                "fields": ["description", "rules"],
                "description": "CommonMark: blank lines part paragraphs, ## begins a heading, "
                "- a list. HTML is shown as text.",
            },
        ),
    ]


@admin.register(Phase)
class PhaseAdmin(admin.ModelAdmin[Phase]):
    list_display = ["name", "shared_task", "kind", "opens_at", "closes_at", "board_at"]
    list_filter = ["shared_task", "kind"]
    fieldsets = [
        (None, {"fields": ["shared_task", "name", "slug", "kind"]}),
        (
            "Submissions",
            {
                "fields": ["opens_at", "closes_at"],
                "description": "In UTC. From the opening on everybody can download sources and "
                "terminologies. Without a closing instant the phase stays open.",
            },
        ),
        (
            "What is shown from when on",
            {
                "fields": [
                    "own_scores_at",
                    "board_at",
                    "team_names_at",
                    "outputs_at",
                    "references_at",
                    "logs_at",
                ],
                "description": "In UTC. Empty means: not before a date is set here. The overview "
                "page announces each date. A change counts at once, and nothing has to be built "
                "anew; organisers always see everything.",
            },
        ),
    ]


@admin.register(TestSet)
class TestSetAdmin(admin.ModelAdmin[TestSet]):
    """To look at, and to choose what ranks; test sets come in through `import_test_set`."""

    list_display = ["slug", "phase", "segments", "terms", "required_terms", "ranking_metric"]
    list_filter = ["phase"]
    list_select_related = ["phase__shared_task"]
    readonly_fields = [
        "phase",
        "source_language",
        "target_language",
        "mode",
        "version",
        "text_form",
        "lemmatiser",
        "segments",
        "documents",
        "terms",
        "required_terms",
        "digest",
    ]
    fields = [*readonly_fields, "ranking_metric"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: TestSet, form: ModelForm[TestSet], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        # Another ranking metric is another board: the sweeper sees the new count.
        TestSet.objects.filter(pk=obj.pk).update(results_version=F("results_version") + 1)
