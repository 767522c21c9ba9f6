"""The forms of a correction: the files that change, and the erratum."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from organise.file_fields import OptionalFilesField, SingleFileField, name_file
from sharedtasks.corrections import MAX_ERRATUM, MAX_REASON
from sharedtasks.models import SharedTask, TestSet
from sharedtasks.states import State
from sharedtasks.test_set_versions import NewFiles
from submissions.pages.forms.outputs import TestSetField


class TestSetOfTaskField(TestSetField):
    """A choice among the test sets of all phases."""

    @staticmethod
    def label_from_instance(obj: TestSet) -> str:
        return f"{obj.phase.name}: {TestSetField.label_from_instance(obj)}"


class CorrectionForm(forms.Form):
    """Which test set, the files that replace its own, and why."""

    test_set = TestSetOfTaskField(TestSet.objects.none(), label="Test set")
    source = SingleFileField(required=False, label="Source")
    references = OptionalFilesField(
        required=False, label="References", help_text="All of them, in their order."
    )
    terminologies = OptionalFilesField(
        required=False, label="Terminology", help_text="All files of the mode's list."
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        label="Reason (organisers and the log read it)",
        widget=forms.TextInput(attrs={"class": "input is-wide"}),
    )

    def __init__(self, *args: Any, task: SharedTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[TestSet]", self.fields["test_set"])
        field.queryset = TestSet.objects.select_related(
            "phase__shared_task", "terminology_mode"
        ).filter(phase__shared_task=task, state=State.ANNOUNCED)

    def read_files(self) -> NewFiles:
        """Return the files of a valid form."""
        data = self.cleaned_data
        own_list = data["test_set"].terminology_mode.list_name
        return NewFiles(
            source=name_file(data["source"]) if data["source"] else None,
            references=[name_file(file) for file in data["references"]],
            term_lists={own_list: [name_file(file) for file in data["terminologies"]]},
        )

    def list_uploads(self) -> list[UploadedFile[Any]]:
        """Return the files of a valid form."""
        data = self.cleaned_data
        sources = [data["source"]] if data["source"] else []
        return [*sources, *data["references"], *data["terminologies"]]


class ErratumForm(forms.Form):
    """What everybody reads of a correction."""

    erratum = forms.CharField(
        max_length=MAX_ERRATUM,
        label="What was wrong, what changes",
        help_text="Two or three sentences, in CommonMark. Everybody reads them on the board and on "
        "the overview of the task. Say who found it if they agree.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
