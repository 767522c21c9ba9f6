"""allauth's forms in our words, and the forms about teams."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.socialaccount import forms as social_forms
from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import Team, User
from accounts.names import MAX_USERNAME
from accounts.services import VERIFIED_IS_FIXED, TeamDescription
from accounts.time_zones import list_choices

# What a field is called and what its reader should know, by its name.
WORDS = {
    "login": ("Username or e-mail address", ""),
    "username": (
        "Username",
        f"Your teams and the organisers see it. At most {MAX_USERNAME} letters, digits or any of "
        "the characters . + - _",
    ),
    "email": ("E-mail address", ""),
    "password": ("Password", None),  # allauth's help: a link to reset it
    "password1": (
        "New password",
        "At least 8 characters, not all of them digits; not one that many people use, and not "
        "like your user name or address.",
    ),
    "password2": ("New password again", ""),
    "oldpassword": ("Current password", None),
    "code": ("Code", "The six digits that your app shows now, or one of your recovery codes."),
}


def put_in_our_words(form: forms.Form) -> None:
    """Set labels and help texts. Labels stand above fields, so placeholders are not needed."""
    for name, field in form.fields.items():
        label, help_text = WORDS.get(name, (field.label, field.help_text))
        field.label = label
        if help_text is not None:
            field.help_text = help_text
        field.widget.attrs.pop("placeholder", None)
        describe(name, field)


def describe(name: str, field: forms.Field) -> None:
    """Tie a field to its help, as components/field.html writes it."""
    if field.help_text:
        field.widget.attrs["aria-describedby"] = f"help_{name}"


# Accounts ---------------------------------------------------------------------------------


class SignInForm(account_forms.LoginForm):
    """By user name or address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class SignUpForm(account_forms.SignupForm):
    """A user name, an address to be confirmed, a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)
        self.fields["password1"].label = "Password"
        self.fields["email"].help_text = "We'll send a confirmation link to this address."
        describe("email", self.fields["email"])

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Save, unless the same name came in a moment ago: a second click, mostly."""
        if self.account_already_exists:
            # Nothing is stored, but the answer must take as long as if it were. Most of that time
            # goes into the hash of the password.
            make_password(self.cleaned_data["password1"])
        try:
            with transaction.atomic():
                user, response = super().try_save(request)
        except IntegrityError:
            messages.error(
                request,
                "This user name was taken a moment ago. If that was you, with a second click, "
                "look for our mail; otherwise choose another name.",
            )
            return None, redirect("account_signup")
        return user, response


class SocialSignUpForm(social_forms.SignupForm):
    """What the other site did not tell about the account, to be checked and completed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class AddAddressForm(account_forms.AddEmailForm):
    """Another address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)
        self.fields["email"].label = "Another e-mail address"


class ChangePasswordForm(account_forms.ChangePasswordForm):
    """The old password and the new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class SetPasswordForm(account_forms.SetPasswordForm):
    """A first password, for an account that so far signs in by another site."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """Where to send the link to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class NewPasswordForm(account_forms.ResetPasswordKeyForm):
    """The new password, once the link was followed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class ConfirmPasswordForm(account_forms.ReauthenticateForm):
    """The password once more, before something that a thief of a session would do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class CodeForm(mfa_forms.AuthenticateForm):
    """The second factor at sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class ConfirmCodeForm(mfa_forms.ReauthenticateForm):
    """The second factor once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)


class ActivateForm(totp_forms.ActivateTOTPForm):
    """The first code of an app that has just learnt the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_in_our_words(self)
        self.fields["code"].help_text = "The six digits that your app shows now."


class TimeZoneForm(forms.Form):
    """The zone of the clock that is shown beside AoE and UTC."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=list_choices,
        help_text="Organisers' pages show each date in it too. UTC: no further clock.",
    )


# Teams ------------------------------------------------------------------------------------


class TeamForm(forms.Form):
    """A team's description of itself; fields that organisers have verified cannot be changed."""

    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="As shown on leaderboards, in any script; at most 100 characters.",
        error_messages={"required": "Give your team a name."},
    )
    institution = forms.CharField(
        label="Institution",
        max_length=200,
        required=False,
        help_text="University, company or group. Organisers look at it when they verify a team.",
    )
    publication_name = forms.CharField(
        label="Name in publications",
        max_length=200,
        required=False,
        help_text="Your name in the findings paper, if it differs from the name above.",
    )
    website = forms.URLField(
        label="Website",
        max_length=200,
        required=False,
        assume_scheme="https",
        help_text="Optional.",
        error_messages={"invalid": "This is no web address. Write one like https://example.org/"},
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if team is not None:
                self.initial.setdefault(name, getattr(team, name))
            if team is not None and team.is_verified and name in ("name", "institution"):
                field.disabled = True
                field.help_text = VERIFIED_IS_FIXED
            describe(name, field)

    def description(self) -> TeamDescription:
        """Return what was filled in."""
        return TeamDescription(**self.cleaned_data)


class InvitationForm(forms.Form):
    """The address to invite; without an address, anybody who gets the link."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        required=False,
        help_text="We email the invitation to this address. Leave it empty to get a link that you "
        "share yourself.",
        error_messages={"invalid": "This is not an email address. Write it like kim@example.org."},
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not team.is_verified:
            self.fields["email"].help_text = (
                "You get a link to share yourself. We do not email it until the organisers have "
                "verified your team. With an address, the link only works for that person."
            )
        describe("email", self.fields["email"])


class MemberForm(forms.Form):
    """The member that an action is about."""

    member = forms.IntegerField(min_value=1)


class RoleForm(MemberForm):
    """The member whose role changes, and the new role."""

    role = forms.CharField(max_length=10)
