"""The upload form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Team, User
from sharedtasks.models import Phase, TestSet
from submissions.models import Submission
from submissions.services import SystemDescription


class TestSetField(forms.ModelChoiceField[TestSet]):
    """A choice among a phase's test sets, by their short names."""

    def label_from_instance(self, obj: TestSet) -> str:
        return obj.slug


class SubmissionForm(forms.Form):
    """One file of hypotheses for one test set of a phase."""

    team = forms.ModelChoiceField(Team.objects.none(), empty_label=None)
    test_set = TestSetField(TestSet.objects.none(), empty_label=None, label="Language pair")
    file = forms.FileField(
        label="File",
        max_length=200,
        help_text="WMT SGML, plain text (one segment a line) or JSON lines, in UTF-8.",
        error_messages={
            "required": "Choose the file with your system's outputs.",
            "empty": "This file is empty. Choose the file with your system's outputs.",
            "missing": "The file did not arrive. Choose it and send it again.",
        },
    )
    system = forms.CharField(
        label="System name",
        max_length=60,
        help_text="As the leaderboard shall show it, at most 60 characters.",
        error_messages={"required": "Give your system a name."},
    )
    description = forms.CharField(
        label="Description",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Architecture, data, how it uses the terminology. Optional.",
    )
    terminology_use = forms.ChoiceField(
        label="Terminology used", choices=Submission.TerminologyUse.choices
    )
    is_constrained = forms.BooleanField(
        label="Constrained", required=False, help_text="Trained on the permitted data alone."
    )
    wants_primary = forms.BooleanField(
        label="Primary system",
        required=False,
        help_text="The one your team is ranked with; an earlier primary becomes contrastive.",
    )

    def __init__(self, *args: Any, phase: Phase, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phase = phase
        self._choices("team").queryset = member.teams.order_by("name")
        self._choices("test_set").queryset = TestSet.objects.filter(phase=phase)
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"help_{name}"

    def described_system(self) -> SystemDescription:
        """Return what the form says of the system."""
        data = self.cleaned_data
        return SystemDescription(
            name=data["system"],
            description=data["description"],
            is_constrained=data["is_constrained"],
            terminology_use=data["terminology_use"],
        )

    def uploaded(self) -> UploadedFile[Any]:
        """Return the file as it came."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        return file

    def _choices(self, name: str) -> forms.ModelChoiceField[Any]:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field
