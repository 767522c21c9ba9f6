"""The upload form for container images."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from files.incoming import NoRoom, require_room
from submissions.forms.systems import SystemForm
from submissions.services import MAX_NAME

BROKE_OFF = "The upload broke off before its end, and nothing was stored. Submit it again."


class ImageForm(SystemForm):
    """A system as a container image, for all test sets of a phase.

    It can be asked first, with the archive's size in its place: an upload takes hours.
    """

    archive = forms.FileField(
        label="Archive of the image",
        required=False,
        max_length=MAX_NAME,
        help_text="Made by docker save or podman save, plain or gzipped.",
        error_messages={
            "empty": "This file is empty. Choose the archive that docker save has written.",
            "max_length": (
                f"This file has too long a name. Shorten it to at most {MAX_NAME} characters."
            ),
        },
        widget=forms.FileInput,
    )
    announced = forms.IntegerField(required=False, min_value=0, max_value=2**62)
    # The last thing in the form: a body that ends before it is cut off, and its file may be too.
    end = forms.CharField(required=False, widget=forms.HiddenInput, initial="end")
    needs_gpu = forms.BooleanField(
        label="Needs a GPU",
        required=False,
        help_text="It is then run on machines with one alone; there may be fewer of them.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "announced" in self.errors:  # no browser sends such a number
            self.add_error("archive", "Choose the archive once more: its size makes no sense.")
        if "archive" in self.errors:
            return data
        if data.get("archive") is None and data.get("announced") is None:
            self.add_error("archive", "Choose the archive that docker save has written.")
        elif data.get("archive") is None:
            self._clean_announced(data["announced"])
        elif not data.get("end"):
            self.add_error("archive", BROKE_OFF)
        return data

    @property
    def is_question(self) -> bool:
        """Say whether the archive is still to come."""
        return self.cleaned_data.get("archive") is None

    def uploaded(self) -> UploadedFile[Any]:
        """Return the archive as it came."""
        archive: UploadedFile[Any] = self.cleaned_data["archive"]
        return archive

    def _clean_announced(self, size: int) -> None:
        limit = settings.MAX_IMAGE_BYTES
        if not size:
            self.add_error("archive", self.fields["archive"].error_messages["empty"])
        elif size > limit:
            self.add_error(
                "archive",
                f"This file has {filesizeformat(size)}; the most we take is "
                f"{filesizeformat(limit)}. Leave out of the image what it does not need to run.",
            )
        else:
            try:
                require_room(size)
            except NoRoom as error:
                self.add_error("archive", ValidationError(str(error)))
