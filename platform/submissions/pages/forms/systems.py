"""The fields that describe a system, however it is sent."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms

from accounts.models import Team, User
from submissions.models import Submission
from submissions.services.sending import SystemDescription

TOKEN_BYTES = 16
TOKEN = re.compile(rf"[0-9a-f]{{{2 * TOKEN_BYTES}}}")


class SystemForm(forms.Form):
    """A team and its system."""

    team = forms.ModelChoiceField(
        Team.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": "You are not a member of this team. Choose one of yours.",
            "required": "Choose the team that you submit for.",
        },
    )
    system = forms.CharField(
        label="System name",
        max_length=60,
        help_text="As shown on the leaderboard, at most 60 characters.",
        error_messages={"required": "Give your system a name."},
        widget=forms.TextInput(attrs={"list": "system-names", "autocomplete": "off"}),
    )
    description = forms.CharField(
        label="Description",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Architecture, data, how it uses the terminology. Optional.",
    )
    terminology_use = forms.ChoiceField(
        label="Terminology used",
        choices=Submission.TerminologyUse.choices,
        error_messages={"required": "Say when your system used the terminology."},
    )
    is_constrained = forms.BooleanField(
        label="Constrained", required=False, help_text="Trained only on the permitted data."
    )
    wants_primary = forms.BooleanField(
        label="Primary system",
        required=False,
        help_text=(
            "The system your team is ranked with on each of these test sets; an earlier primary "
            "becomes contrastive once this one is scored."
        ),
    )

    # Of this form as it was shown: if it is sent twice, it makes one submission.
    form_token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("form_token", secrets.token_hex(TOKEN_BYTES))
        self.choice_field("team").queryset = member.teams.all()
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"help_{name}"

    def described_system(self) -> SystemDescription:
        """Return the system as the form describes it."""
        data = self.cleaned_data
        return SystemDescription(
            name=data["system"],
            description=data["description"],
            is_constrained=data["is_constrained"],
            terminology_use=data["terminology_use"],
        )

    @property
    def token(self) -> str:
        """Return the form's token; empty if we have not made it."""
        token: str = self.cleaned_data["form_token"]
        return token if TOKEN.fullmatch(token) else ""

    def choice_field(self, name: str) -> forms.ModelChoiceField[Any]:
        """Return a field whose choices are rows."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field
