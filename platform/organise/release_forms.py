"""The forms of the release page: publish, decide, withdraw, preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms

from accounts.models import Team
from leaderboard.releases.checklist import Check, Result
from leaderboard.releases.publishing import MAX_WORDS
from sharedtasks.models import TestSet

WITH_PHASE, NOW = "phase", "now"
WIDE = forms.TextInput({"class": "input is-wide"})
FORMATS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


class PublishForm(forms.Form):
    """When a release becomes public, and what it says."""

    when = forms.ChoiceField(choices=[(WITH_PHASE, "With the date of the phase"), (NOW, "Now")])
    note = forms.CharField(
        label="Note on the release, public (optional)", required=False, max_length=MAX_WORDS,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    erratum = forms.CharField(
        label="Erratum, public: what it corrects (optional)", required=False, max_length=MAX_WORDS,
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip

    @property
    def is_now(self) -> bool:
        """Return whether the release is public at once."""
        return bool(self.cleaned_data["when"] == NOW)


class DecisionForm(PublishForm):
    """The same, hidden, with a reason for each check that is to be decided."""

    phase = forms.CharField(widget=forms.HiddenInput)
    confirmed = forms.CharField(widget=forms.HiddenInput, initial="yes")

    def __init__(self, *args: Any, checks: Sequence[Check], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PublishForm.base_fields:
            self.fields[name].widget = forms.HiddenInput()
        self.decisions = [check for check in checks if check.result == Result.DECIDE]
        for check in self.decisions:
            self.fields[f"reason-{check.key}"] = forms.CharField(
                label=f"{check.title}: why it stays as it is (only organisers read this)",
                help_text=" · ".join(check.sentences),
                max_length=MAX_WORDS,
                widget=WIDE,
            )

    def read_decisions(self) -> Mapping[str, str]:
        """Return the reasons by check."""
        return {check.key: self.cleaned_data[f"reason-{check.key}"] for check in self.decisions}


class EndForm(forms.Form):
    """The reason why a release is withdrawn."""

    reason = forms.CharField(
        label="Reason, public: it stands at the release's address", max_length=MAX_WORDS,
        widget=WIDE,
    )  # fmt: skip


class PreviewForm(forms.Form):
    """As whom, when, and which board."""

    viewer = forms.ChoiceField(label="As", required=False)
    at = forms.DateTimeField(
        label="At (UTC)", required=False, input_formats=FORMATS,
        widget=forms.DateTimeInput({"class": "input is-date"}, format=FORMATS[0]),
    )  # fmt: skip
    board = forms.ChoiceField(label="Board", required=False)

    def __init__(
        self, *args: Any, teams: Sequence[Team], test_sets: Sequence[TestSet], at: datetime,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.default_at = at
        own = [(str(team.pk), f"the team {team}") for team in teams]
        self.fields["viewer"].choices = [("", "a visitor"), *own]  # type: ignore[attr-defined]
        slugs = [(test_set.slug, test_set.slug) for test_set in test_sets]
        self.fields["board"].choices = slugs  # type: ignore[attr-defined]

    @property
    def at_instant(self) -> datetime:
        """Return the instant that was asked for, or the phase's."""
        return self.cleaned_data.get("at") or self.default_at

    @property
    def team(self) -> int | None:
        """Return the team that was asked for; None: a visitor."""
        chosen = self.cleaned_data.get("viewer")
        return int(chosen) if chosen else None
