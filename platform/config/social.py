"""Signing in with an account elsewhere: each provider is off until its two variables are set."""

from __future__ import annotations

from typing import TypedDict

from django.core.exceptions import ImproperlyConfigured

from config import env

# The provider's id with allauth, and the host that its sign-in form lives on.
HOSTS = {
    "github": "https://github.com",
    "google": "https://accounts.google.com",
    "orcid": "https://orcid.org",
}
SCOPES = {"github": ["user:email"], "google": ["email", "profile"], "orcid": ["/authenticate"]}


class App(TypedDict):
    """allauth's words for a site that a provider knows."""

    client_id: str
    secret: str


class Provider(TypedDict):
    """allauth's settings of a provider."""

    APPS: list[App]
    SCOPE: list[str]
    OAUTH_PKCE_ENABLED: bool


def read_providers() -> dict[str, Provider]:
    """Return the settings of the providers that are configured."""
    configured: dict[str, Provider] = {}
    for name, scope in SCOPES.items():
        variables = [f"SOCIAL_{name.upper()}_{part}" for part in ("CLIENT_ID", "SECRET")]
        client_id, secret = (env.secret(variable, "") for variable in variables)
        if bool(client_id) != bool(secret):
            raise ImproperlyConfigured(f"Set both of {variables[0]} and {variables[1]}, or none.")
        if client_id:
            app: App = {"client_id": client_id, "secret": secret}
            configured[name] = {
                "APPS": [app],
                "SCOPE": scope,
                "OAUTH_PKCE_ENABLED": name == "google",
            }
    return configured
