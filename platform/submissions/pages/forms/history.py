"""The filter of the history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Team
from sharedtasks.models import Phase
from submissions.models import Submission
from submissions.pages.history import SHOWN_STATES


class FilterForm(forms.Form):
    """What to show of the history; every field may be left open."""

    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, empty_label="All", to_field_name="slug"
    )
    phase = forms.ModelChoiceField(Phase.objects.none(), required=False, empty_label="All")
    state = forms.ChoiceField(choices=[("", "All"), *SHOWN_STATES], required=False)

    def __init__(self, *args: Any, submissions: QuerySet[Submission], **kwargs: Any) -> None:
        """`submissions` are all that the viewer may see."""
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(Exists(submissions.filter(team=OuterRef("pk"))))
        phases = Phase.objects.filter(Exists(submissions.filter(phase=OuterRef("pk"))))
        for name, rows in (
            ("team", teams.order_by("name")),
            ("phase", phases.select_related("shared_task")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
