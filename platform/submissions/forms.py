"""The upload form, and the filter of the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Team, User
from config.templatetags.site import language
from sharedtasks.models import Phase, TestSet
from submissions import slots
from submissions.history import SHOWN_STATES
from submissions.models import Submission
from submissions.services import MAX_FILES, MAX_NAME, SystemDescription


class TestSetField(forms.ModelChoiceField[TestSet]):
    """A choice among a phase's test sets, by their languages and short names."""

    @staticmethod
    def label_from_instance(obj: TestSet) -> str:
        source, target = language(obj.source_language), language(obj.target_language)
        return f"{source} → {target} ({obj.slug})"


class FilesInput(forms.ClearableFileInput):
    """A file dialogue that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several; what is wrong with each is said by its name."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files: list[UploadedFile[Any]] = list(data or [])
        if not files:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > MAX_FILES:
            raise ValidationError(
                f"These are {len(files)} files; at most {MAX_FILES} can be sent at once. "
                "Put them into a zip."
            )
        problems = [text for file in files if (text := _wrong(file, alone=len(files) == 1))]
        if problems:
            raise ValidationError(problems)
        return files


class SubmissionForm(forms.Form):
    """One system's hypotheses, for one test set of a phase or several."""

    team = forms.ModelChoiceField(
        Team.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": "You are not a member of this team. Choose one of yours.",
            "required": "Choose the team that you submit for.",
        },
    )
    file = FilesField(
        label="Files",
        help_text=(
            "Plain text (one segment a line), JSON lines, WMT SGML or XML, in UTF-8; each may be "
            "gzipped, and a zip may hold several."
        ),
        error_messages={"required": "Choose the files with your system's outputs."},
    )
    test_set = TestSetField(
        TestSet.objects.none(),
        required=False,
        empty_label="As the file names say",
        label="Which test set?",
        help_text="To be chosen for a single file whose name does not say.",
    )
    system = forms.CharField(
        label="System name",
        max_length=60,
        help_text="As the leaderboard shall show it, at most 60 characters.",
        error_messages={"required": "Give your system a name."},
        widget=forms.TextInput(attrs={"list": "system-names", "autocomplete": "off"}),
    )
    description = forms.CharField(
        label="Description",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Architecture, data, how it uses the terminology. Optional.",
    )
    terminology_use = forms.ChoiceField(
        label="Terminology used",
        choices=Submission.TerminologyUse.choices,
        error_messages={"required": "Say when your system used the terminology."},
    )
    is_constrained = forms.BooleanField(
        label="Constrained", required=False, help_text="Trained on the permitted data alone."
    )
    wants_primary = forms.BooleanField(
        label="Primary system",
        required=False,
        help_text=(
            "The one your team is ranked with on each of these test sets; an earlier primary "
            "becomes contrastive once this one is scored."
        ),
    )

    def __init__(self, *args: Any, member: User, phase: Phase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase = phase
        self._choices("team").queryset = member.teams.all()
        self._choices("test_set").queryset = TestSet.objects.filter(phase=phase)
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"help_{name}"

    def offer(self, test_sets: Sequence[TestSet]) -> None:
        """Let people choose among these; a form that is only read needs not know them."""
        choices = [(one.pk, TestSetField.label_from_instance(one)) for one in test_sets]
        self._choices("test_set").choices = [("", "As the file names say"), *choices]

    def clean_test_set(self) -> TestSet | None:
        test_set: TestSet | None = self.cleaned_data["test_set"]
        if test_set is not None and test_set not in slots.wanted(self._phase):
            raise ValidationError("There is a newer version of this test set. Choose that one.")
        return test_set

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("test_set") and len(data.get("file", [])) > 1:
            self.add_error(
                "test_set",
                "Several files can't all be for this one test set. Choose “As the file names say”.",
            )
        return data

    def described_system(self) -> SystemDescription:
        """Return what the form says of the system."""
        data = self.cleaned_data
        return SystemDescription(
            name=data["system"],
            description=data["description"],
            is_constrained=data["is_constrained"],
            terminology_use=data["terminology_use"],
        )

    def uploaded(self) -> Sequence[UploadedFile[Any]]:
        """Return the files as they came."""
        files: list[UploadedFile[Any]] = self.cleaned_data["file"]
        return files

    def _choices(self, name: str) -> forms.ModelChoiceField[Any]:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field


def _wrong(file: UploadedFile[Any], *, alone: bool) -> str:
    name = "This file" if alone else file.name or "A file"
    if not file.size:
        return f"{name} is empty. Choose the file with your system's outputs."
    if len(file.name or "") > MAX_NAME:
        return f"{name} has too long a name. Shorten it to at most {MAX_NAME} characters."
    return ""


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
