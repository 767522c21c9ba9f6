"""The second factor: an app's codes, recovery codes, limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest
from django.contrib.auth import get_user
from django.core import mail

pytestmark = pytest.mark.django_db


def totp(secret: str, step: int = 0) -> str:
    """Return the code of RFC 6238, now or some steps of 30 s later."""
    counter = int(time.time() // 30) + step
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8), hashlib.sha1).digest()
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_these_codes_are_those_of_the_rfc(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1111111109)

    assert totp(base64.b32encode(b"12345678901234567890").decode()) == "081804"  # appendix B


@pytest.fixture(autouse=True)
def _codes_of_a_moment_ago_count(settings):
    """Take the codes before and after, too: no test fails for the time at which it runs."""
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def second_factor(client, alice, confirm):
    """Sign alice in, switch her second factor on; return its secret."""
    confirm()
    page = client.get("/account/two-factor/on")
    secret = page.context["form"].secret
    client.post("/account/two-factor/on", {"code": totp(secret)})
    return secret


def test_switching_it_on_shows_a_code_a_key_and_recovery_codes(client, alice, confirm):
    confirm()

    page = client.get("/account/two-factor/on")
    secret = page.context["form"].secret
    wrong = client.post("/account/two-factor/on", {"code": "000000"})
    right = client.post("/account/two-factor/on", {"code": totp(secret)}, follow=True)

    assert secret in page.text
    assert 'src="data:image/svg+xml' in page.text
    assert wrong.status_code == 422
    assert "This code is not right, or not any more" in wrong.text
    assert "10 of 10 are left" in right.text


@pytest.mark.django_db(transaction=True)  # the mail is sent when it is committed
def test_switching_it_on_is_told_by_mail(second_factor):
    assert "Two-factor sign-in is on" in mail.outbox[0].subject


def test_a_password_alone_no_longer_signs_in(client, alice, sign_in, second_factor):
    client.post("/account/sign-out")

    response = sign_in(next="/submissions/")
    assert response.headers["Location"] == "/account/two-factor/sign-in"
    assert not get_user(client).is_authenticated
    wrong = client.post("/account/two-factor/sign-in", {"code": "000000"})
    right = client.post("/account/two-factor/sign-in", {"code": totp(second_factor, 1)})

    assert wrong.status_code == 422
    assert right.headers["Location"] == "/submissions/"
    assert get_user(client) == alice


def test_a_code_works_once(client, sign_in, second_factor):
    code = totp(second_factor, 1)
    answers = []
    for _ in range(2):
        client.post("/account/sign-out")
        sign_in()
        answers.append(client.post("/account/two-factor/sign-in", {"code": code}).status_code)

    assert answers == [302, 422]


def test_a_recovery_code_works_once(client, alice, sign_in, second_factor):
    code = client.get("/account/two-factor/recovery-codes").context["unused_codes"][0]
    file = client.get("/account/two-factor/recovery-codes/file")
    client.post("/account/sign-out")

    sign_in()
    first = client.post("/account/two-factor/sign-in", {"code": code})
    client.post("/account/sign-out")
    sign_in()
    second = client.post("/account/two-factor/sign-in", {"code": code})

    assert file.headers["Content-Disposition"].startswith("attachment")
    assert code in file.text
    assert first.status_code == 302
    assert second.status_code == 422


def test_wrong_codes_are_limited(client, sign_in, second_factor):
    client.post("/account/sign-out")
    sign_in()
    for _ in range(5):
        client.post("/account/two-factor/sign-in", {"code": "000000"})

    response = client.post("/account/two-factor/sign-in", {"code": totp(second_factor, 1)})

    assert response.status_code == 422
    assert "Wait five minutes" in response.text


def test_the_admin_asks_for_it_too(client, operator, sign_in, confirm):
    confirm("operator")
    secret = client.get("/account/two-factor/on").context["form"].secret
    client.post("/account/two-factor/on", {"code": totp(secret)})
    client.post("/account/sign-out")

    sign_in("operator", next="/admin/")

    assert client.get("/admin/").status_code == 302
    assert not get_user(client).is_authenticated


def test_switching_it_off_and_making_new_codes(client, sign_in, second_factor):
    old = client.get("/account/two-factor/recovery-codes").context["unused_codes"]
    client.post("/account/two-factor/recovery-codes/new")
    new = client.get("/account/two-factor/recovery-codes").context["unused_codes"]

    client.get("/account/two-factor/off")
    client.post("/account/two-factor/off")
    client.post("/account/sign-out")

    assert set(old).isdisjoint(new)
    assert sign_in().headers["Location"] == "/"
