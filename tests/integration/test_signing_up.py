"""Signing up: the form, the confirmed address, what is told to whom."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import IntegrityError

from accounts import forms
from accounts.models import User
from tests.integration.mails import link

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another long pass phrase"
SIGN_UP = {"username": "dora", "email": "dora@tests.example", "password1": NEW_PASSWORD}


def test_signing_up_takes_a_confirmed_address_and_leads_back(client, db):
    response = client.post("/account/sign-up", SIGN_UP | {"next": "/teams/"}, follow=True)
    assert "We have sent a link to your address" in response.text
    assert not get_user(client).is_authenticated
    (message,) = mail.outbox
    assert message.to == ["dora@tests.example"]
    assert message.subject == "[Terminarium] Confirm your address"

    shown = client.get(link(message))
    assert "dora@tests.example" in shown.text
    assert not EmailAddress.objects.get().verified  # a mail scanner follows links, too
    confirmed = client.post(link(message))

    assert confirmed.headers["Location"] == "/teams/"
    assert get_user(client).username == "dora"


def test_in_another_browser_the_address_is_confirmed_and_one_signs_in(client, sign_in, db):
    client.post("/account/sign-up", SIGN_UP)
    client.cookies.clear()

    response = client.post(link(mail.outbox[0]))

    assert response.headers["Location"] == "/account/sign-in"
    assert sign_in("dora", NEW_PASSWORD).headers["Location"] == "/"


def test_an_account_opens_with_its_address_alone(client, sign_in, db):
    client.post("/account/sign-up", SIGN_UP)
    client.cookies.clear()

    response = sign_in("dora", NEW_PASSWORD)

    assert response.headers["Location"] == "/account/addresses/confirm"
    assert not get_user(client).is_authenticated


def test_a_link_that_was_tampered_with_or_used_says_so(client, db):
    client.post("/account/sign-up", SIGN_UP)
    path = link(mail.outbox[0])
    client.post(path)
    client.cookies.clear()

    assert "This link no longer works" in client.get(path).text
    assert "This link no longer works" in client.get(path[:-3] + "xyz").text


def test_an_address_that_has_an_account_is_told_to_nobody_but_its_owner(client, alice):
    data = SIGN_UP | {"email": "alice@tests.example"}

    response = client.post("/account/sign-up", data)

    assert response.headers["Location"] == "/account/addresses/confirm"
    assert not User.objects.filter(username="dora").exists()
    (message,) = mail.outbox
    assert message.to == ["alice@tests.example"]
    assert "You have an account already" in message.subject
    assert "/account/password/reset" in link(message)


class CountingHasher(MD5PasswordHasher):
    """Counts the hashes that it makes."""

    algorithm = "counting"
    made = 0

    def encode(self, password, salt):
        type(self).made += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("email", ["alice@tests.example", "nobody@tests.example"])
def test_an_address_that_has_an_account_takes_as_long_as_another(
    client, alice, settings, monkeypatch, email
):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    monkeypatch.setattr(CountingHasher, "made", 0)

    client.post("/account/sign-up", SIGN_UP | {"email": email})

    assert CountingHasher.made == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"username": "alice"}, "This user name is taken"),
        ({"username": "Alice"}, "This user name is taken"),
        ({"username": "kim@tests.example"}, "Use only letters, digits and . + - _"),
        ({"username": "x" * 41}, "at most 40 characters"),
        ({"email": "dora"}, "Enter a valid email address"),
        ({"password1": "short"}, "at least 8 characters"),
        ({"password1": "password1234"}, "too common"),
        ({"password1": "dora@tests"}, "too similar to the"),
        ({"username": ""}, "This field is required"),
    ],
)
def test_the_sign_up_form_says_what_is_wrong(client, alice, data, words):
    response = client.post("/account/sign-up", SIGN_UP | data)

    assert response.status_code == 422
    assert words in response.text
    assert mail.outbox == []


def test_a_name_that_is_taken_between_check_and_save_is_explained(client, db, monkeypatch):
    def lose_the_race(form, request):
        raise IntegrityError

    monkeypatch.setattr(forms.account_forms.SignupForm, "save", lose_the_race)

    response = client.post("/account/sign-up", SIGN_UP, follow=True)

    assert response.status_code == 200
    assert "This user name was taken a moment ago" in response.text


def test_a_mail_server_that_is_down_costs_the_mail_and_says_so(client, db, settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    response = client.post("/account/sign-up", SIGN_UP, follow=True)

    assert "Our mail server does not answer" in response.text
    assert User.objects.filter(username="dora").exists()


def test_where_no_mail_is_sent_nobody_can_sign_up(client, db, settings):
    settings.EMAIL_DELIVERY = "none"

    assert "Nobody can sign up here yet" in client.get("/account/sign-up").text
    assert "Nobody can sign up here yet" in client.post("/account/sign-up", SIGN_UP).text
    assert "Ask the organisers to set a new password" in client.get("/account/password/reset").text
    assert not User.objects.exists()


def test_a_trial_says_where_its_mails_are(client, db, settings):
    settings.DEMO = True

    assert str(settings.EMAIL_FILE_PATH) in client.get("/account/addresses/confirm").text
