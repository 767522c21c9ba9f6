"""The upload form for container images."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from evaluator.container.registries import Reference, parse_reference, require_allowed
from evaluator.errors import ImageError
from files.incoming import require_room
from files.trouble import NoRoom
from images import intake
from submissions.pages.forms.systems import SystemForm
from submissions.services.sending import MAX_NAME

CHOOSE = "Choose the archive that docker save has written."
BROKE_OFF = "The upload was interrupted, and nothing was stored. Submit it again."


class ImageForm(SystemForm):
    """A system as a container image, for all test sets of a phase.

    Because an upload may take hours, the form can be sent first with only the archive's size.
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
    reference = forms.CharField(  # removed unless a registry is allowed
        label="Or an image in a registry",
        required=False,
        help_text=(
            "HOST/NAME@sha256:…, with the digest that docker push prints at its end. Everybody has "
            "to be able to pull it. We copy it once, when we check it."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    announced = forms.IntegerField(required=False, min_value=0, max_value=2**62)
    # The last field of the form: without it the body was cut off, and its file may be too.
    end = forms.CharField(required=False, widget=forms.HiddenInput, initial="end")
    needs_gpu = forms.BooleanField(
        label="Needs a GPU",
        required=False,
        help_text="It then runs only on nodes with a GPU; there may be fewer of them.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.IMAGE_REGISTRIES:
            hosts = ", ".join(settings.IMAGE_REGISTRIES)
            self.fields["reference"].help_text += f" We fetch from {hosts}."
        else:
            del self.fields["reference"]

    def clean_reference(self) -> Reference | None:
        if not (text := self.cleaned_data["reference"]):
            return None
        try:
            reference = parse_reference(text)
            require_allowed(reference, intake.allowed_registries())
        except ImageError as error:
            raise ValidationError([problem.message for problem in error.problems]) from error
        return reference

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "announced" in self.errors:  # no browser sends such a number
            self.add_error("archive", "Choose the archive once more: its size makes no sense.")
        if "archive" in self.errors or "reference" in self.errors:
            return data
        has_archive = data.get("archive") is not None
        if data.get("reference") is not None:
            self._require_no_archive(has_archive or data.get("announced") is not None)
        elif has_archive:
            self._require_end("archive")
        elif data.get("announced") is not None:
            self._clean_announced(data["announced"])
        elif "reference" in self.fields:
            self.add_error("archive", f"{CHOOSE[:-1]}, or name an image in a registry below.")
        else:
            self.add_error("archive", CHOOSE)
        return data

    @property
    def is_question(self) -> bool:
        """Return whether the archive is still to come."""
        return self.cleaned_data.get("archive") is None and self.fetched is None

    @property
    def fetched(self) -> Reference | None:
        """Return the image in a registry; None: an archive is sent."""
        reference: Reference | None = self.cleaned_data.get("reference")
        return reference

    def uploaded(self) -> UploadedFile[Any]:
        """Return the archive as it arrived."""
        archive: UploadedFile[Any] = self.cleaned_data["archive"]
        return archive

    def _require_no_archive(self, has_archive: bool) -> None:
        """Refuse a reference beside an archive: they may be two images."""
        if has_archive:
            self.add_error(
                "reference",
                "There is an archive as well, and one image at a time is taken. Empty this field "
                "to send the archive, or take the archive out to send this one.",
            )
        else:
            self._require_end("reference")

    def _require_end(self, field: str) -> None:
        if not self.cleaned_data.get("end"):
            self.add_error(field, BROKE_OFF)

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
