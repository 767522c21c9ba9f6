"""The upload form for hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from config.templatetags.site import language
from sharedtasks.formats import list_formats
from sharedtasks.models import Phase, TestSet
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


class SubmissionForm(SystemForm):
    """One system's hypotheses, for one test set of a phase or several."""

    file = FilesField(
        label="Files",
        help_text=f"{list_formats()}, in UTF-8; each may be gzipped, and a zip may hold several.",
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
        self._choices("test_set").queryset = TestSet.objects.filter(phase=phase)

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

    def uploaded(self) -> Sequence[UploadedFile[Any]]:
        """Return the files as they came."""
        files: list[UploadedFile[Any]] = self.cleaned_data["file"]
        return files


def _wrong(file: UploadedFile[Any], *, alone: bool) -> str:
    name = "This file" if alone else file.name or "A file"
    if not file.size:
        return f"{name} is empty. Choose the file with your system's outputs."
    if len(file.name or "") > MAX_NAME:
        return f"{name} has too long a name. Shorten it to at most {MAX_NAME} characters."
    return ""
