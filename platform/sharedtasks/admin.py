from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import CharField
from django.forms import ModelForm, TextInput
from django.http import HttpRequest

from accounts.models import User
from audit.admin_site import actor_of
from sharedtasks.admin_phase_form import AdminPhaseForm
from sharedtasks.models import Mode, Phase, SharedTask, TestSet
from sharedtasks.policy import Role
from sharedtasks.services.phases import CHANGEABLE, change_phase, create_phase, place_phase
from sharedtasks.services.roles import add_organiser
from sharedtasks.services.test_sets import change_test_set
from sharedtasks.terminology_modes import create_usual_modes
from sharedtasks.testset_form import TestSetForm

Row = TypeVar("Row", SharedTask, Phase, TestSet)


class Removable(admin.ModelAdmin[Row]):
    """Rows that can be deleted until a team has an entry there.

    Their oracle rows, refused uploads and boards are deleted with them, and in no other way.
    """

    records_values = True

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        deleted, counts, _missing, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected


class ModeInline(admin.TabularInline[Mode, SharedTask]):
    """A shared task's terminology modes; they are what its test sets can be imported in."""

    model = Mode
    extra = 0
    formfield_overrides = {CharField: {"widget": TextInput(attrs={"size": 14})}}  # in one view
    fields = ["name", "label", "gives_terms", "gives_samples", "list_name", "position"]


@admin.register(SharedTask)
class SharedTaskAdmin(Removable[SharedTask]):
    inlines = [ModeInline]
    list_display = ["name", "slug", "contact", "state"]
    readonly_fields = ["state"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "contact", "state"]}),
        (
            "Texts",
            {
                "fields": ["description", "rules"],
                "description": "CommonMark: blank lines part paragraphs, ## begins a heading, "
                "- a list. HTML is shown as text.",
            },
        ),
    ]

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[SharedTask],
        formsets: Any,
        change: bool,
    ) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            return
        assert isinstance(request.user, User)  # or there would be no form
        add_organiser(
            actor=actor_of(request), task=form.instance, user=request.user, role=Role.OWNER
        )
        if not form.instance.modes.exists():
            create_usual_modes(form.instance)


@admin.register(Phase)
class PhaseAdmin(Removable[Phase]):
    form = AdminPhaseForm
    records_itself = True
    list_display = ["name", "shared_task", "kind", "state", "opens_at", "closes_at", "board_at"]
    list_filter = ["shared_task", "kind", "state"]
    readonly_fields = ["state"]
    fieldsets = [
        (None, {"fields": ["shared_task", "name", "slug", "kind", "state"]}),
        (
            "Submissions",
            {
                "fields": ["opens_at", "closes_at", "grace_minutes"],
                "description": "In UTC. Everybody can download sources and terminologies once the "
                "phase has opened. Without a closing time it stays open.",
            },
        ),
        (
            "Systems as container images",
            {
                "fields": ["takes_images", "run_limits"],
                "description": "With <em>takes images</em>, teams may send their systems, and "
                "nodes run them on every test set of the phase.",
            },
        ),
        (
            "Release dates",
            {
                "fields": [
                    "own_scores_at",
                    "own_scores_verified_only",
                    "board_at",
                    "team_names_at",
                    "outputs_at",
                    "references_at",
                    "logs_at",
                    "is_meant",
                ],
                "description": "In UTC. Nothing is shown until a date is set here. The overview "
                "page announces each date, except that of the outputs, which no page shows yet. "
                "A change counts at once. Organisers always see everything.",
            },
        ),
    ]

    def save_model(
        self, request: HttpRequest, obj: Phase, form: AdminPhaseForm, change: bool
    ) -> None:
        """Save by the services; only the panel also moves a phase to another shared task."""
        actor, values = actor_of(request), form.list_values(CHANGEABLE)
        if not change:
            created = create_phase(
                actor=actor, task=obj.shared_task, slug=obj.slug, values=values, is_meant=True
            )
            obj.pk = created.pk
            return
        change_phase(actor=actor, phase=obj, values=values, is_meant=True)
        place_phase(actor=actor, phase=obj)


@admin.register(TestSet)
class TestSetAdmin(Removable[TestSet]):
    """To look at, and to choose domain and official order; `import_test_set` makes test sets."""

    form = TestSetForm
    records_itself = True
    list_display = ["slug", "phase", "segments", "terms", "required_terms", "official_order"]
    list_filter = ["phase"]
    list_select_related = ["phase__shared_task", "terminology_mode"]
    readonly_fields = [
        "phase",
        "source_language",
        "target_language",
        "mode",
        "version",
        "text_form",
        "unit",
        "lemmatiser",
        "term_lemmatiser",
        "segments",
        "unscored_segments",
        "documents",
        "terms",
        "required_terms",
        "digest",
        "smallest_difference",
    ]
    fields = [*readonly_fields, "domain", "official_order"]

    @admin.display(description="Smallest detectable difference")
    def smallest_difference(self, test_set: TestSet) -> str:
        return test_set.detectable

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: TestSet, form: ModelForm[TestSet], change: bool
    ) -> None:
        change_test_set(
            actor=actor_of(request),
            test_set=obj,
            domain=obj.domain,
            official_order=obj.official_order,
        )
