"""An admin panel that records what is saved and deleted there, whatever is registered with it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseModelFormSet, ModelChoiceField, ModelForm
from django.http import HttpRequest

from audit.actions import Action, Way
from audit.recording import Actor, Changes, record_event

HIDDEN = "…"  # in place of a value that the log does not show

Form = ModelForm[Any]


class Recorded(admin.ModelAdmin[Any]):
    """Writes an event for each row that is added, changed or deleted in the panel.

    The site mixes it into every class. Actions of a class call services, which record by
    themselves.
    """

    records_itself: bool  # as the class says: what it saves goes to a service, which records it
    records_values: bool  # as the class says; if it says nothing, not: a form may hold a secret

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not self.records_itself:
            self._record_form(request, form, is_new=not change)

    def save_formset(
        self, request: HttpRequest, form: Form, formset: BaseModelFormSet[Any, Any], change: bool
    ) -> None:
        for row in formset.deleted_forms:
            if row.instance.pk is not None:
                self._record_deletion(request, row.instance, {})
        super().save_formset(request, form, formset, change)
        for row in formset.forms:
            if row.has_changed() and row not in formset.deleted_forms:
                self._record_form(request, row, is_new=row in formset.extra_forms)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._record_deletion(request, obj, self._count_deleted(request, obj))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for row in queryset:
                self._record_deletion(request, row, self._count_deleted(request, row))
            super().delete_queryset(request, queryset)

    def _record_form(self, request: HttpRequest, form: Form, *, is_new: bool) -> None:
        changes = _read_changes(form, shows_values=self.records_values)
        if is_new or changes:
            action = Action.CREATED if is_new else Action.CHANGED
            record_event(actor=actor_of(request), action=action, row=form.instance, changes=changes)

    def _record_deletion(self, request: HttpRequest, row: Model, changes: Changes) -> None:
        record_event(actor=actor_of(request), action=Action.DELETED, row=row, changes=changes)

    def _count_deleted(self, request: HttpRequest, row: Model) -> Changes:
        """Return how many rows of each kind go with a row, as the page asked before."""
        counts = self.get_deleted_objects([row], request)[1]
        return {str(kind): (count, 0) for kind, count in counts.items()}


class RecordedSite(admin.AdminSite):
    """Mixes the recording into each class that is registered, our own or a library's."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        plain = admin_class or admin.ModelAdmin
        values = {
            "__module__": plain.__module__,
            "records_values": getattr(plain, "records_values", False),
            "records_itself": getattr(plain, "records_itself", False),
        }
        recorded = type(plain.__name__, (Recorded, plain), values)
        super().register(model_or_iterable, recorded, **options)


def actor_of(request: HttpRequest) -> Actor:
    """Return the person in the admin panel."""
    assert isinstance(request.user, AbstractUser)  # or the panel would not be open
    return Actor.of(request.user, way=Way.ADMIN)


def _read_changes(form: Form, *, shows_values: bool) -> dict[str, tuple[object, object]]:
    """Return the columns that a form has changed; its other fields, such as passwords, are none."""
    columns = {field.name for field in form._meta.model._meta.get_fields()}
    names = [name for name in form.changed_data if name in columns]
    if not shows_values:
        return dict.fromkeys(names, (HIDDEN, HIDDEN))
    return {name: (_read_initial(form, name), form.cleaned_data[name]) for name in names}


def _read_initial(form: Form, name: str) -> object:
    """Return the value that a field had; of a choice of a row, the row and not its key."""
    initial, field = form.get_initial_for_field(form.fields[name], name), form.fields[name]
    return field.to_python(initial) if type(field) is ModelChoiceField else initial
