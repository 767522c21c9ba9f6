"""The form of a phase in the admin panel. It asks about dates that make no sense."""

from __future__ import annotations

from django import forms
from django.utils import timezone

from sharedtasks.models import Phase
from sharedtasks.services.phases import Values, list_doubts


class AdminPhaseForm(forms.ModelForm[Phase]):
    """A phase, and the box that says its dates are meant."""

    is_meant = forms.BooleanField(
        label="The dates are meant",
        required=False,
        help_text="Tick this to save dates in an order that makes no sense, or that show or hide "
        "something at once.",
    )

    class Meta:
        model = Phase
        fields = "__all__"  # noqa: DJ007 – the panel's class lists them

    def _post_clean(self) -> None:
        stored = Phase.objects.filter(pk=self.instance.pk).first()
        super()._post_clean()  # type: ignore[misc]
        if self.errors or self.cleaned_data["is_meant"]:
            return
        for doubt in list_doubts(stored, self.instance, timezone.now()):
            self.add_error(doubt.name, doubt.text)

    def list_values(self, names: tuple[str, ...]) -> Values:
        """Return these fields as the service takes them."""
        return {name: getattr(self.instance, name) for name in names}

    def clean_run_limits(self) -> object:
        """Return no limits of its own for an empty field."""
        return self.cleaned_data["run_limits"] or {}
