"""The forms that set a shared task up: its texts, its modes, and a new test set."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from organise.file_fields import OptionalFilesField, SingleFileField
from organise.test_set_uploads import REFERENCE, SAMPLES, SOURCE, TestSetUpload
from sharedtasks.models import Mode, Phase, SharedTask, TestSet
from sharedtasks.services.test_sets import Description
from sharedtasks.states import State
from sharedtasks.terminology_modes import LISTS
from sharedtasks.testset_form import METRICS_OF_AN_ORDER, OrderField, TestSetForm

MAX_TEXT = 50_000  # characters of a description, of rules
FROM_FILES = ("", "As the files show")


class TaskForm(forms.ModelForm[SharedTask]):
    """The texts of a shared task."""

    class Meta:
        model = SharedTask
        fields = ["name", "summary", "description", "rules", "contact"]
        labels = {"contact": "Contact for participants (an email address)"}
        help_texts = {
            "summary": "A sentence for the start page.",
            "description": "CommonMark: blank lines separate paragraphs, ## begins a heading, "
            "- a list.",
            "rules": "CommonMark: data, tracks, conduct.",
        }
        widgets = {
            "name": forms.TextInput(attrs={"class": "input is-wide"}),
            "summary": forms.TextInput(attrs={"class": "input is-wide"}),
            "description": forms.Textarea(attrs={"rows": 8, "maxlength": MAX_TEXT}),
            "rules": forms.Textarea(attrs={"rows": 8, "maxlength": MAX_TEXT}),
        }

    def clean_description(self) -> str:
        return _bound(self.cleaned_data["description"])

    def clean_rules(self) -> str:
        return _bound(self.cleaned_data["rules"])


class NewTaskForm(TaskForm):
    """A shared task that does not exist yet."""

    class Meta(TaskForm.Meta):
        fields = ["name", "slug", *TaskForm.Meta.fields[1:]]
        labels = TaskForm.Meta.labels | {"slug": "Name in addresses"}
        help_texts = TaskForm.Meta.help_texts | {
            "slug": "Small letters, digits and hyphens, such as legal-2027. It stays as it is.",
        }
        error_messages = {
            "slug": {"unique": "Another shared task has this name in addresses. Choose another."}
        }

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != slug.lower():
            raise forms.ValidationError(f"Write small letters: {slug.lower()}.")
        return slug


class ModeForm(forms.ModelForm[Mode]):
    """A terminology mode that a shared task does not have yet."""

    class Meta:
        model = Mode
        fields = ["name", "label", "gives_terms", "gives_samples", "list_name"]
        labels = {
            "label": "Name on pages",
            "gives_terms": "Systems get the terms of the list",
            "gives_samples": "Systems get sample bitexts",
            "list_name": "List of terms that scores count",
        }


class PhaseField(forms.ModelChoiceField[Phase]):
    """A choice among a shared task's phases."""

    @staticmethod
    def label_from_instance(obj: Phase) -> str:
        return obj.name


class ModeField(forms.ModelChoiceField[Mode]):
    """A choice among a shared task's terminology modes."""

    @staticmethod
    def label_from_instance(obj: Mode) -> str:
        return f"{obj.label} ({obj.name})"


class NewTestSetForm(forms.Form):
    """Where a test set belongs, and its files."""

    phase = PhaseField(
        Phase.objects.none(),
        error_messages={"invalid_choice": "This shared task has no such phase. Choose another."},
    )
    language_pair = forms.CharField(
        max_length=41,
        help_text="Such as en-fr.",
        error_messages={"required": "Write source and target language, such as en-fr."},
    )
    mode = ModeField(
        Mode.objects.none(),
        label="Terminology mode",
        error_messages={"invalid_choice": "This shared task has no such mode. Add it first."},
    )
    domain = forms.CharField(
        required=False, max_length=40, help_text="Such as medical; empty if there is only one."
    )
    text_form = forms.ChoiceField(choices=[FROM_FILES, *TestSet.TextForm.choices], required=False)
    unit = forms.ChoiceField(choices=[FROM_FILES, *TestSet.Unit.choices], required=False)
    source = SingleFileField(help_text="Text, TSV, SGML, WMT XML or JSON lines, perhaps gzipped.")
    references = OptionalFilesField(
        required=False,
        help_text="In their order. None if the source file holds them.",
    )
    terminologies = OptionalFilesField(
        required=False,
        label="Terminologies",
        help_text="Terms of the mode's own list: CSV, TSV, JSON lines or TBX.",
    )
    other_terminologies = OptionalFilesField(
        required=False,
        label="Terminologies of the other list",
        help_text="Random terms in a mode of proper terms, and the other way round.",
    )
    samples = SingleFileField(
        required=False, help_text="JSON, only in a mode in which systems get sample bitexts."
    )
    leave_out = forms.CharField(
        required=False,
        max_length=10_000,
        label="Documents that no score counts",
        help_text="Their ids, separated by spaces or lines: such as documents without a reference.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, task: SharedTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("PhaseField", self.fields["phase"]).queryset = task.phases.exclude(
            state=State.RETIRED
        ).select_related("shared_task")
        cast("ModeField", self.fields["mode"]).queryset = task.modes.all()

    @property
    def description(self) -> Description:
        """Return what a valid form says beside the files."""
        data = self.cleaned_data
        return Description(
            language_pair=data["language_pair"],
            mode=data["mode"].name,
            domain=data["domain"],
            text_form=data["text_form"],
            unit=data["unit"],
            leave_out=data["leave_out"].split(),
        )

    def list_uploads(self) -> list[tuple[str, UploadedFile[Any]]]:
        """Return the files of a valid form, each after the name of what it holds."""
        data = self.cleaned_data
        own = data["mode"].list_name
        other = next(name for name in LISTS if name != own)
        groups: dict[str, list[UploadedFile[Any]]] = {
            SOURCE: [data["source"]],
            REFERENCE: data["references"],
            own: data["terminologies"],
            other: data["other_terminologies"],
            SAMPLES: [data["samples"]] if data["samples"] else [],
        }
        return [(part, file) for part, files in groups.items() for file in files]


class OrderForm(TestSetForm):
    """What can be changed of a test set without another score."""

    class Meta:
        model = TestSet
        fields = ["domain", "official_order"]


class CreateForm(forms.Form):
    """The order of the new board, and that the warnings are meant."""

    are_meant = forms.BooleanField(
        error_messages={"required": "Read the warnings and tick this, or upload corrected files."}
    )

    def __init__(self, *args: Any, upload: TestSetUpload, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if upload.warnings:
            plural = "warning; it is" if upload.warnings == 1 else "warnings; they are"
            self.fields["are_meant"].label = f"I have read the {upload.warnings} {plural} meant"
        else:
            del self.fields["are_meant"]
        self.fields["official_order"] = OrderField(
            upload.metrics,
            METRICS_OF_AN_ORDER,
            required=False,
            initial=list(upload.order),
            label="The board ranks by",
            help_text="A single metric ranks by its scores, several by the mean of their ranks.",
        )


def _bound(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise forms.ValidationError(
            f"Shorten this to {MAX_TEXT:,} characters; it has {len(text):,}."
        )
    return text
