"""What holds on every page: its headers, signing in and out."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.urls import reverse

from tests.integration.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/", "/boards/spring/test/en-fr", "/account/sign-in", "/nothing", "/submissions/"]
)
def test_every_answer_has_a_strict_content_security_policy(client, test_set, path):
    response = client.get(path)

    policy = dict(
        directive.split(maxsplit=1)
        for directive in response.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_that_refuses_a_body_has_the_policy_too(client, settings, db):
    settings.MAX_BODY_BYTES = 10

    response = client.post("/account/sign-in", {"username": "x" * 20})

    assert response.status_code == 413
    assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/boards/spring/test/en-fr", "/account/sign-in"])
def test_no_page_has_inline_script_or_style(client, test_set, path):
    text = client.get(path).text

    assert "<style" not in text
    assert " style=" not in text
    assert "onclick=" not in text
    assert "<script>" not in text


def test_the_right_password_signs_in(client, alice):
    response = client.post(reverse("sign-in"), {"username": "alice", "password": PASSWORD})

    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    assert get_user(client) == alice


@pytest.mark.parametrize(("username", "password"), [("alice", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_is_explained_without_telling_which_names_exist(
    client, alice, username, password
):
    response = client.post(reverse("sign-in"), {"username": username, "password": password})

    assert "There is no account with this user name and password." in response.text
    assert "ask the organisers if you have forgotten yours" in response.text
    assert not get_user(client).is_authenticated


def test_a_wrong_password_is_an_invalid_form(client, alice):
    response = client.post(reverse("sign-in"), {"username": "alice", "password": "wrong"})

    assert response.status_code == 422  # style.md section 16: every invalid form


def test_signing_in_leads_back(client, alice):
    data = {"username": "alice", "password": PASSWORD, "next": "/submissions/"}

    assert client.post(reverse("sign-in"), data).headers["Location"] == "/submissions/"


def test_signing_in_leads_nowhere_else(client, alice):
    data = {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"}

    assert client.post(reverse("sign-in"), data).headers["Location"] == "/"


def test_signing_out_takes_a_form_and_ends_the_session(client, alice):
    client.force_login(alice)

    response = client.post(reverse("sign-out"))

    assert response.headers["Location"] == "/"
    assert not get_user(client).is_authenticated


@pytest.mark.parametrize("demo", [True, False])
def test_the_demos_accounts_are_shown_in_the_demo_alone(client, settings, db, demo):
    settings.DEMO = demo

    assert ("terminarium-demo" in client.get("/").text) == demo
