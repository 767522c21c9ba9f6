"""What holds on every page."""

from __future__ import annotations

import pytest

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

    response = client.post("/account/sign-in", {"login": "x" * 20})

    assert response.status_code == 413
    assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/boards/spring/test/en-fr", "/account/sign-in"])
def test_no_page_has_inline_script_or_style(client, test_set, path):
    text = client.get(path).text

    assert "<style" not in text
    assert " style=" not in text
    assert "onclick=" not in text
    assert "<script>" not in text


@pytest.mark.parametrize("demo", [True, False])
def test_the_demos_accounts_are_shown_in_the_demo_alone(client, settings, db, demo):
    settings.DEMO = demo
    if demo:
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "demo"]

    assert ("terminarium-demo" in client.get("/").text) == demo
