"""The upload form for hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from config.templatetags.site import language
from sharedtasks.format_guide import list_formats
from sharedtasks.models import Phase, TestSet
from sharedtasks.states import State
from submissions import slots
from submissions.pages.forms.systems import SystemForm
from submissions.services.sending import MAX_FILES, MAX_NAME


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
    """A file or several; each problem is told with the name of its file."""

    widget = FilesInput
    remedy = "Choose the file with your system's outputs."  # in place of an empty file

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files: list[UploadedFile[Any]] = list(data or [])
        if not files:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > MAX_FILES:
            raise ValidationError(
                f"These are {len(files)} files; at most {MAX_FILES} can be sent at once. "
                "Put them into a zip."
            )
        is_single = len(files) == 1
        faults = (_find_fault(file, self.remedy, is_single=is_single) for file in files)
        problems = list(filter(None, faults))
        if problems:
            raise ValidationError(problems)
        return files


class SubmissionForm(SystemForm):
    """A system's hypotheses, for one or several test sets of a phase."""

    file = FilesField(
        label="Files",
        help_text=f"{list_formats()}, or a JSON array of documents, in UTF-8; each may be gzipped, "
        "and a zip may hold several.",
        error_messages={"required": "Choose the files with your system's outputs."},
    )
    test_set = TestSetField(
        TestSet.objects.none(),
        required=False,
        empty_label="As the file names say",
        label="Which test set?",
        help_text="Only for a single file without a language pair in its name.",
    )

    def __init__(self, *args: Any, member: User, phase: Phase, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **kwargs)
        self._phase = phase
        self.choice_field("test_set").queryset = phase.test_sets.filter(state=State.ANNOUNCED)

    def offer(self, test_sets: Sequence[TestSet]) -> None:
        """Let people choose among these test sets; a form that is only read does not need them."""
        choices = [(row.pk, TestSetField.label_from_instance(row)) for row in test_sets]
        self.choice_field("test_set").choices = [("", "As the file names say"), *choices]

    def clean_test_set(self) -> TestSet | None:
        test_set: TestSet | None = self.cleaned_data["test_set"]
        if test_set is not None and test_set not in slots.list_expected(self._phase):
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

    def uploaded(self) -> Sequence[UploadedFile[Any]]:
        """Return the files as they arrived."""
        files: list[UploadedFile[Any]] = self.cleaned_data["file"]
        return files


def _find_fault(file: UploadedFile[Any], remedy: str, *, is_single: bool) -> str:
    """Return what is wrong with a file, whatever it holds; empty if nothing is."""
    name = "This file" if is_single else file.name or "A file"
    if not file.size:
        return f"{name} is empty. {remedy}"
    if len(file.name or "") > MAX_NAME:
        return f"{name} has too long a name. Shorten it to at most {MAX_NAME} characters."
    return ""
