"""The forms of the pages about people: filter, names for papers, more time, roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.models import Team, User
from organise.asking import ReasonForm
from organise.phase_form import ZONES
from organise.teams import TeamLine
from sharedtasks.date_input import DateError, read_instant
from sharedtasks.policy import Role

NO_ACCOUNT = (
    "There is no account with this user name or confirmed email address. Ask the person to sign "
    "up first."
)
WHICH: dict[str, tuple[str, Callable[[TeamLine], bool]]] = {
    "": ("All", lambda line: True),
    "no-primary": ("No primary yet", lambda line: not line.primaries),
    "no-entry": ("No entry yet", lambda line: not line.entries),
    "organiser": ("An organiser is a member", lambda line: bool(line.organisers)),
    "more-time": ("More time granted", lambda line: bool(line.extensions)),
    "alike": ("Name looks like another", lambda line: bool(line.alike)),
}


class TeamFilter(forms.Form):
    """Which teams to show."""

    q = forms.CharField(label="Team or affiliation", required=False, max_length=100)
    which = forms.ChoiceField(
        label="Which", required=False, choices=[(key, label) for key, (label, _) in WHICH.items()]
    )

    def select(self, lines: Iterable[TeamLine]) -> list[TeamLine]:
        """Return the lines that are asked for."""
        if not self.is_valid():
            return []
        words = self.cleaned_data["q"].casefold()
        _, is_wanted = WHICH[self.cleaned_data["which"]]
        return [
            line
            for line in lines
            if is_wanted(line) and words in f"{line.team.name} {line.team.institution}".casefold()
        ]


class PaperForm(forms.Form):
    """How papers name a team, and where it is from."""

    publication_name = forms.CharField(
        label="Name in publications",
        required=False,
        max_length=200,
        help_text="Empty: the name on leaderboards.",
    )
    institution = forms.CharField(label="Affiliation", required=False, max_length=200)

    def __init__(self, data: Any = None, *, team: Team) -> None:
        initial = {name: getattr(team, name) for name in ("publication_name", "institution")}
        super().__init__(data, initial=initial)


class TeamReasonForm(ReasonForm):
    """A reason that the team reads, and organisers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Reason"
        self.fields["reason"].help_text = "Only the team and the organisers read it."


class OrganisersReasonForm(ReasonForm):
    """A reason that organisers read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Reason"
        self.fields["reason"].help_text = "Organisers read it here and in the log."


class ExtensionForm(OrganisersReasonForm):
    """Until when a team may submit."""

    field_order = ["until", "zone", "reason"]

    until = forms.CharField(
        label="Until",
        max_length=60,
        help_text="Write 2026-07-24 23:59 or 24 July 2026 23:59.",
        widget=forms.TextInput(attrs={"class": "input is-date"}),
    )
    zone = forms.ChoiceField(
        label="Time zone", choices=[("AoE", "AoE (UTC−12)"), ("UTC", "UTC")], initial="AoE"
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "until" in data and "zone" in data:
            try:
                data["until"] = read_instant(data["until"], ZONES[data["zone"]])
            except DateError as error:
                self.add_error("until", str(error))
        return data


class RoleForm(forms.Form):
    """A role, and whether an observer reads references."""

    role = forms.ChoiceField(
        label="Role",
        choices=[
            (Role.OBSERVER, "observer: reads, changes nothing"),
            (Role.ORGANISER, "organiser: reads references and changes the task"),
            (Role.OWNER, "owner: also gives roles, announces, retires and publishes"),
        ],
    )
    reads_references = forms.BooleanField(
        label="An observer reads references, too",
        required=False,
        help_text="Owners and organisers always read them.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("reads_references") and data.get("role") not in (None, Role.OBSERVER):
            self.add_error(
                "reads_references", "Owners and organisers always read references. Untick this."
            )
        return data

    @property
    def values(self) -> dict[str, Any]:
        """Return what the services take; the form has to be valid."""
        data = self.cleaned_data
        return {"role": Role(data["role"]), "reads_references": data["reads_references"]}


class NewRoleForm(RoleForm):
    """The account that gets a role."""

    field_order = ["person", "role", "reads_references"]

    person = forms.CharField(
        label="User name or email address",
        max_length=254,
        error_messages={"required": "Write the user name or the email address of an account."},
    )

    def clean_person(self) -> User:
        text = self.cleaned_data["person"].strip()
        confirmed = EmailAddress.objects.filter(email=text.lower(), verified=True)
        person = User.objects.filter(
            Q(username__iexact=text) | Q(pk__in=confirmed.values("user"))
        ).first()
        if person is None:
            raise ValidationError(NO_ACCOUNT)
        return person
