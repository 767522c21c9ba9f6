"""The form of a phase: its dates as text in one zone, what it takes, and what a run may use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms

from evaluator.container import Limits
from sharedtasks.date_input import AOE, DateError, read_instant, write_instant
from sharedtasks.models import MAX_GRACE, Phase
from sharedtasks.release_dates import DATES, DateName
from sharedtasks.services.phases import CHANGEABLE

ZONES = {"AoE": AOE, "UTC": UTC}
# The limits that people change, each with its unit on the page.
UNITS = {"wall_time": 60, "memory": 2**30, "cpus": 1, "output": 2**20}
LABELS = {
    "wall_time": "Time, minutes",
    "memory": "Memory, GB",
    "cpus": "Processors",
    "output": "Output, MB",
}


class PhaseForm(forms.Form):
    """What organisers change of a phase. Dates are texts, so that a wrong text can be shown."""

    zone = forms.ChoiceField(
        choices=[("AoE", "I enter dates in AoE (UTC−12)"), ("UTC", "in UTC")],
        initial="AoE",
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        max_length=100, widget=forms.TextInput(attrs={"class": "input is-short"})
    )
    kind = forms.ChoiceField(choices=Phase.Kind.choices)
    takes_images = forms.BooleanField(label="Systems as container images", required=False)
    grace_minutes = forms.IntegerField(
        label=f"Grace for uploads that began in time, minutes ({MAX_GRACE} at most)",
        min_value=0,
        max_value=MAX_GRACE,
        initial=0,
        error_messages={
            "min_value": "Write 0 for no grace time.",
            "max_value": f"Write {MAX_GRACE} minutes at most, or move the closing.",
        },
        widget=forms.NumberInput(attrs={"class": "input is-number"}),
    )
    own_scores_verified_only = forms.BooleanField(
        label="Own scores for verified teams only", required=False
    )
    is_meant = forms.BooleanField(label="This is meant", required=False)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, phase: Phase, zone: str = "AoE", **kwargs: Any) -> None:
        stored = _read_stored(phase, zone)
        super().__init__(*args, **kwargs | {"initial": stored, "label_suffix": ""})
        self._phase = phase
        self.instants: dict[DateName, datetime | None] = {}  # those that could be read
        for date in DATES.values():
            self.fields[date.name] = forms.CharField(label=date.label, required=False)
            widget = self.fields[date.name].widget
            widget.attrs |= {"class": "input is-date", "aria-describedby": "date-help"}
        for name, label in LABELS.items():
            self.fields[name] = forms.FloatField(label=label, required=False, min_value=0.001)
            self.fields[name].widget.attrs |= {
                "class": "input is-number",
                "placeholder": f"{getattr(Limits(), name) / UNITS[name]:g}",
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        zone = ZONES[self.chosen_zone]
        for name in DATES:
            try:
                self.instants[name] = self._keep_seconds(
                    name, read_instant(data.get(name, ""), zone)
                )
            except DateError as error:
                self.add_error(name, str(error))
        if self.instants.get("opens_at", True) is None:
            self.add_error("opens_at", "Write when the phase opens. Each phase needs this date.")
        opens, closes = self.instants.get("opens_at"), self.instants.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", "Choose a date after the opening.")
        return data

    def _keep_seconds(self, name: DateName, at: datetime | None) -> datetime | None:
        """Return the stored instant if the text says it: texts have no seconds."""
        stored: datetime | None = getattr(self._phase, name)
        is_same = stored is not None and at == stored.replace(second=0, microsecond=0)
        return stored if is_same else at

    @property
    def chosen_zone(self) -> str:
        """Return the name of the zone of the texts, whatever was sent."""
        zone = self["zone"].value()
        return zone if zone in ZONES else "AoE"

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what the service takes; the form has to be valid."""
        names = ("name", "kind", "takes_images", "grace_minutes", "own_scores_verified_only")
        plain = {name: self.cleaned_data[name] for name in names}
        return plain | self.instants | {"run_limits": self._build_limits()}

    def _build_limits(self) -> dict[str, int]:
        """Return the limits; what this form does not show, or nobody changed, stays as it is."""
        limits: dict[str, int] = dict(self._phase.run_limits)
        for name, unit in UNITS.items():
            if name not in self.changed_data:
                continue
            limits.pop(name, None)
            if (value := self.cleaned_data[name]) is not None:
                limits[name] = round(value * unit)
        return limits


def _read_stored(phase: Phase, zone: str) -> dict[str, Any]:
    """Return the initial values of the form."""
    names = ("name", "kind", "takes_images", "grace_minutes", "own_scores_verified_only")
    plain = {name: getattr(phase, name) for name in names}
    dates = {name: write_instant(getattr(phase, name), ZONES[zone]) for name in DATES}
    limits = {
        name: phase.run_limits[name] / UNITS[name] for name in UNITS if name in phase.run_limits
    }
    return plain | dates | limits | {"zone": zone}


class NewPhaseForm(PhaseForm):
    """A phase that does not exist yet."""

    slug = forms.SlugField(
        label="Name in addresses",
        max_length=50,
        help_text="Small letters, digits and hyphens, such as blind-test. It stays as it is.",
    )


def compute_digest(phase: Phase) -> str:
    """Return what differs as soon as somebody else has changed the phase."""
    values = repr([getattr(phase, name) for name in CHANGEABLE])
    return hashlib.sha256(values.encode()).hexdigest()[:16]
