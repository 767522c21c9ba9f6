"""Fields for the files of a test set."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from config.body_limits import BodyLimit
from sharedtasks.testsets import MAX_TEST_SET_BYTES, TermFile
from submissions.pages.forms.outputs import FilesField

# Of all files of a form together.
TEST_SET_UPLOAD = BodyLimit(
    "MAX_UPLOAD_BYTES",
    "MAX_BODY_BYTES",
    "Gzip the files, or ask the operators to import them by manage.py.",
)


class SingleFileField(forms.FileField):
    """A file of a test set."""

    default_error_messages = {
        "empty": "This file is empty. Choose the file that holds the text.",
        "required": "Choose a file.",
    }

    def clean(self, data: Any, initial: Any = None) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = super().clean(data, initial)
        if file:
            _require_size(file)
        return file


class OptionalFilesField(FilesField):
    """No file, a file or several."""

    remedy = "Choose the file that holds the text."

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = super().clean(data, initial) if data else []
        for file in files:
            _require_size(file)
        return files


def name_file(file: UploadedFile[Any]) -> TermFile:
    """Return an upload with the name by which problems call it."""
    return cast("BinaryIO", file), file.name or "a file without a name"


def _require_size(file: UploadedFile[Any]) -> None:
    if (file.size or 0) > MAX_TEST_SET_BYTES:
        raise ValidationError(
            f"{file.name} has more than {MAX_TEST_SET_BYTES:,} bytes, the most we take. Gzip it."
        )
