"""Accounts elsewhere: offered, connected, disconnected."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user
from django.core import mail

pytestmark = pytest.mark.django_db

GITHUB = {"github": {"APPS": [{"client_id": "site", "secret": "told to nobody"}], "SCOPE": []}}


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/sign-up"])
def test_providers_are_offered_where_they_are_configured(client, db, settings, path):
    without = client.get(path)
    settings.SOCIALACCOUNT_PROVIDERS = GITHUB
    with_one = client.get(path)

    assert "Continue with" not in without.text
    assert "Continue with GitHub" in with_one.text
    assert "Google" not in with_one.text


@pytest.mark.parametrize("provider", ["github", "google", "orcid"])
def test_one_that_is_not_configured_does_not_exist(client, db, provider):
    for path in ("login/", "login/callback/"):
        assert client.get(f"/account/{provider}/{path}").status_code == 404
        assert client.post(f"/account/{provider}/{path}").status_code == 404


def test_one_that_is_configured_is_where_the_form_leads(client, db, settings):
    settings.SOCIALACCOUNT_PROVIDERS = GITHUB

    asked = client.get("/account/github/login/")
    sent = client.post("/account/github/login/?process=login&next=/teams/")

    assert asked.status_code == 200  # a link alone signs nobody in
    target = urlsplit(sent.headers["Location"])
    assert (target.scheme, target.netloc) == ("https", "github.com")
    assert "told" not in target.query


def test_who_stops_on_the_way_or_comes_with_a_forged_answer_is_not_signed_in(client, db, settings):
    settings.SOCIALACCOUNT_PROVIDERS = GITHUB

    forged = client.get("/account/github/login/callback/?code=1&state=forged")
    cancelled = client.get("/account/connections/cancelled")

    assert forged.status_code in (200, 401)
    assert "You are not signed in" in forged.text
    assert "You are not signed in" in cancelled.text
    assert not get_user(client).is_authenticated


def test_what_is_connected_is_listed_and_can_be_disconnected(client, alice, confirm, settings):
    settings.SOCIALACCOUNT_PROVIDERS = GITHUB
    account = alice.socialaccount_set.create(
        provider="github", uid="17", extra_data={"login": "alice-gh"}
    )
    confirm()

    page = client.get("/account/connections")
    gone = client.post("/account/connections", {"account": account.pk})

    assert "alice-gh" in page.text
    assert gone.status_code == 302
    assert not alice.socialaccount_set.exists()
    assert "An account was disconnected" in mail.outbox[0].subject


def test_what_is_connected_is_listed_even_if_the_provider_is_off_by_now(client, alice, sign_in):
    alice.socialaccount_set.create(provider="github", uid="17", extra_data={"login": "alice-gh"})
    sign_in()

    assert "alice-gh" in client.get("/account/connections").text
    assert "Github" in client.get("/account/").text


def test_a_foreign_connection_can_not_be_removed(client, alice, bob, sign_in):
    account = bob.socialaccount_set.create(provider="github", uid="17")
    sign_in()

    response = client.post("/account/connections", {"account": account.pk})

    assert response.status_code == 422
    assert bob.socialaccount_set.exists()
