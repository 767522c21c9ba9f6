"""Signing in and out, passwords, addresses, the page of an account."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.integration.conftest import PASSWORD
from tests.integration.mails import link

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another long pass phrase"


# Signing in and out -----------------------------------------------------------------------


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@tests.example", "Alice@Tests.example"])
def test_the_right_password_signs_in(client, alice, sign_in, login):
    response = sign_in(login)

    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    assert get_user(client) == alice


@pytest.mark.parametrize(
    ("login", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("nobody@tests.example", PASSWORD)],
)
def test_a_wrong_password_is_explained_without_telling_which_accounts_exist(
    client, alice, sign_in, login, password
):
    response = sign_in(login, password)

    assert response.status_code == 422  # like every invalid form
    assert "There is no account with this name or address and this password." in response.text
    assert not get_user(client).is_authenticated


def test_what_was_typed_stays_but_the_password(alice, sign_in):
    response = sign_in("alice", "my wrong guess")

    assert 'value="alice"' in response.text
    assert "my wrong guess" not in response.text


def test_signing_in_leads_back(alice, sign_in):
    assert sign_in(next="/submissions/").headers["Location"] == "/submissions/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_signing_in_leads_nowhere_else(alice, sign_in, elsewhere):
    assert sign_in(next=elsewhere).headers["Location"] == "/"


def test_the_page_keeps_the_way_back_in_its_form(client, db):
    response = client.get("/account/sign-in?next=/submissions/")

    assert '<input type="hidden" name="next" value="/submissions/">' in response.text


def test_signing_out_takes_a_form_and_ends_the_session(client, alice):
    client.force_login(alice)

    asked = client.get("/account/sign-out")
    assert get_user(client).is_authenticated
    response = client.post("/account/sign-out")

    assert "Sign out?" in asked.text
    assert response.headers["Location"] == "/"
    assert not get_user(client).is_authenticated


def test_an_account_that_is_switched_off_says_so_to_who_knows_the_password(client, alice, sign_in):
    User.objects.filter(pk=alice.pk).update(is_active=False)

    response = client.get(sign_in().headers["Location"])

    assert "This account is switched off" in response.text
    assert "There is no account" in sign_in(password="wrong").text


def test_after_five_wrong_passwords_the_right_one_has_to_wait(client, alice, sign_in):
    for _ in range(5):
        sign_in(password="wrong")

    response = sign_in()

    assert response.status_code == 422
    assert "Wait five minutes, then try again" in response.text
    assert not get_user(client).is_authenticated


def test_many_attempts_from_one_place_get_a_page_that_says_what_to_do(client, db, sign_in):
    answers = [sign_in(f"guess{number}", "wrong") for number in range(31)]

    assert {answer.status_code for answer in answers[:30]} == {422}
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "60"
    assert "Wait a minute and send the form again" in answers[-1].text


def test_user_names_differ_in_more_than_their_case(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ALICE", "other@tests.example")


# Passwords --------------------------------------------------------------------------------


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(client, alice, sign_in):
    client.post("/account/password/reset", {"email": "alice@tests.example"})
    path = link(mail.outbox[0])
    assert "alice" in mail.outbox[0].body

    form = client.get(path, follow=True)
    weak = client.post(form.request["PATH_INFO"], {"password1": "short", "password2": "short"})
    assert weak.status_code == 422
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert "Your password was reset" in mail.outbox[1].subject
    assert "This link no longer works" in client.get(path, follow=True).text
    assert sign_in(password=PASSWORD).status_code == 422
    assert sign_in(password=NEW_PASSWORD).status_code == 302


def test_an_unknown_address_gets_the_same_page_and_a_mail_that_says_so(client, alice):
    known = client.post("/account/password/reset", {"email": "alice@tests.example"})
    unknown = client.post("/account/password/reset", {"email": "nobody@tests.example"})

    assert known.headers["Location"] == unknown.headers["Location"]
    assert "No account with this address" in mail.outbox[1].subject


def test_changing_a_password_takes_the_old_one_and_is_told_by_mail(client, alice, sign_in):
    sign_in()
    data = {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    refused = client.post("/account/password", data)
    changed = client.post("/account/password", data | {"oldpassword": PASSWORD})

    assert refused.status_code == 422
    assert "This is not your current password" in refused.text
    assert changed.status_code == 302
    assert [message.subject for message in mail.outbox] == [
        "[Terminarium] Your password was changed"
    ]
    assert "reset your password" in mail.outbox[0].body


# Addresses --------------------------------------------------------------------------------


def test_a_second_address_is_confirmed_and_made_primary(client, alice, confirm):
    confirm()

    client.post("/account/addresses", {"email": "work@tests.example", "action_add": ""})
    client.post(link(mail.outbox[0]))
    client.post("/account/addresses", {"email": "work@tests.example", "action_primary": ""})
    client.post("/account/addresses", {"email": "alice@tests.example", "action_remove": ""})

    alice.refresh_from_db()
    assert alice.email == "work@tests.example"
    assert [address.email for address in EmailAddress.objects.filter(user=alice)] == [
        "work@tests.example"
    ]
    assert [message.to for message in mail.outbox[1:]] == [
        ["alice@tests.example"],  # the old one is told that it was replaced
        ["work@tests.example"],
    ]


def test_an_address_that_is_none_is_an_invalid_form(client, alice, confirm):
    confirm()

    response = client.post("/account/addresses", {"email": "work", "action_add": ""})

    assert response.status_code == 422


def test_an_address_of_somebody_else_can_not_be_confirmed(client, alice, bob, confirm):
    confirm()
    client.post("/account/addresses", {"email": "bob@tests.example", "action_add": ""})

    response = client.get(link(mail.outbox[0]))

    assert "This address is another account" in response.text
    assert not EmailAddress.objects.filter(user=alice, email="bob@tests.example", verified=True)


def test_who_only_holds_the_session_is_asked_for_the_password_first(client, alice):
    client.force_login(alice)

    response = client.post("/account/addresses", {"email": "evil@tests.example", "action_add": ""})
    asked = client.get(response.headers["Location"])
    wrong = client.post(response.headers["Location"], {"password": "wrong"})

    assert response.headers["Location"] == "/account/confirm-access?next=%2Faccount%2Faddresses"
    assert "Confirm that it is you" in asked.text
    assert wrong.status_code == 422
    assert EmailAddress.objects.filter(user=alice).count() == 1
    assert mail.outbox == []


def test_the_right_password_then_does_what_was_asked_for(client, alice):
    client.force_login(alice)
    data = {"email": "work@tests.example", "action_add": ""}

    response = client.post("/account/addresses", data)
    client.post(response.headers["Location"], {"password": PASSWORD, "next": "/account/addresses"})

    assert EmailAddress.objects.filter(user=alice, email="work@tests.example").exists()


# The account's page -----------------------------------------------------------------------


def test_the_page_of_an_account_links_what_there_is_to_change(client, alice, sign_in):
    sign_in()

    text = client.get("/account/").text

    for address in ("addresses", "password", "two-factor"):
        assert f'href="/account/{address}"' in text
    assert 'href="/teams/lexica/"' in text
    assert "alice@tests.example" in text
    assert "/account/connections" not in text  # no provider is configured


def test_the_page_has_no_script_and_the_policy_stays_strict(client, alice, sign_in):
    sign_in()

    for path in ("/account/", "/account/addresses", "/account/two-factor/on", "/teams/lexica/"):
        response = client.get(path)
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "<script>" not in response.text
        assert " style=" not in response.text
        assert "onclick" not in response.text
