"""Addresses of accounts and teams.

Each of allauth's views is listed here, under the name that allauth looks it up by. Views that are
not listed, such as its legacy addresses, do not exist.
"""

from __future__ import annotations

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns
from allauth.socialaccount.providers.orcid.provider import OrcidProvider
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from accounts import views


class TeamSlug(StringConverter):
    """A slug in any script."""

    regex = r"[-\w]+"


class UidB36(StringConverter):
    """A user's number as allauth writes it."""

    regex = r"[0-9A-Za-z]+"


class Token(StringConverter):
    """What `secrets.token_urlsafe` makes."""

    regex = r"[-\w]{43}"


register_converter(TeamSlug, "team_slug")
register_converter(UidB36, "uidb36")
register_converter(Token, "token")

account_patterns = [
    path("", views.account, name="account"),
    path("time-zone", views.time_zone, name="time-zone"),
    path("sign-in", allauth.login, name="account_login"),
    path("sign-in", allauth.login, name="sign-in"),
    path("sign-out", allauth.logout, name="account_logout"),
    path("sign-out", allauth.logout, name="sign-out"),
    path("sign-up", allauth.signup, name="account_signup"),
    path("sign-up", allauth.signup, name="sign-up"),
    path("inactive", allauth.account_inactive, name="account_inactive"),
    path("confirm-access", allauth.reauthenticate, name="account_reauthenticate"),
    path("addresses", allauth.email, name="account_email"),
    path(
        "addresses/confirm",
        allauth.email_verification_sent,
        name="account_email_verification_sent",
    ),
    path("addresses/confirm/<str:key>", allauth.confirm_email, name="account_confirm_email"),
    path("password", allauth.password_change, name="account_change_password"),
    path("password/set", allauth.password_set, name="account_set_password"),
    path("password/reset", allauth.password_reset, name="account_reset_password"),
    path("password/reset/sent", allauth.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/done",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path(
        "password/reset/<uidb36:uidb36>-<str:key>",  # allauth looks for the hyphen
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("two-factor", mfa.index, name="mfa_index"),
    path("two-factor/sign-in", mfa.authenticate, name="mfa_authenticate"),
    path("two-factor/confirm-access", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("two-factor/on", totp.activate_totp, name="mfa_activate_totp"),
    path("two-factor/off", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("two-factor/recovery-codes", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "two-factor/recovery-codes/new",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "two-factor/recovery-codes/file",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("connections", social.connections, name="socialaccount_connections"),
    path("connections/sign-up", social.signup, name="socialaccount_signup"),
    path("connections/cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("connections/failed", social.login_error, name="socialaccount_login_error"),
    *(
        pattern
        for provider in (GitHubProvider, GoogleProvider, OrcidProvider)
        for pattern in default_urlpatterns(provider)  # type: ignore[no-untyped-call]
    ),
]

team_patterns = [
    path("", views.teams, name="teams"),
    path("found", views.create_team, name="create-team"),
    path("<team_slug:slug>/", views.team, name="team"),
    path("<team_slug:slug>/edit", views.edit_team, name="edit-team"),
    path("<team_slug:slug>/invite", views.invite, name="invite"),
    path("<team_slug:slug>/remove", views.remove_member, name="remove-member"),
    path("<team_slug:slug>/role", views.set_role, name="set-role"),
    path("<team_slug:slug>/leave", views.leave_team, name="leave-team"),
    path(
        "<team_slug:slug>/invitations/<int:pk>/revoke",
        views.revoke_invitation,
        name="revoke-invitation",
    ),
]

urlpatterns = [
    path("account/", include(account_patterns)),
    path("teams/", include(team_patterns)),
    path("invitations/<token:token>", views.invitation, name="invitation"),
]
