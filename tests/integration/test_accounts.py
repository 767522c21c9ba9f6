"""Signing up, in and out; addresses, passwords, the second factor, accounts elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import IntegrityError, transaction

from accounts import forms
from accounts.models import User
from tests.integration.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another long pass phrase"
SIGN_UP = {"username": "dora", "email": "dora@tests.example", "password1": NEW_PASSWORD}
GITHUB = {"github": {"APPS": [{"client_id": "site", "secret": "told to nobody"}], "SCOPE": []}}


@pytest.fixture
def sign_in(client):
    """Post the sign-in form."""
    return lambda login="alice", password=PASSWORD, **data: client.post(
        "/account/sign-in", {"login": login, "password": password, **data}
    )


@pytest.fixture
def confirm(client, sign_in):
    """Sign somebody in, who then gives the password once more, as changes to an account ask."""

    def sign_in_and_confirm(login="alice"):
        sign_in(login)
        client.post("/account/confirm-access", {"password": PASSWORD})

    return sign_in_and_confirm


def link(message: EmailMessage) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"https?://testserver(/\S+)", str(message.body))
    assert found is not None, message.body
    return found[1]


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

    assert response.status_code == 422  # style.md section 16: every invalid form
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


# Signing up -------------------------------------------------------------------------------


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
        ({"username": "kim@tests.example"}, "letters, digits and . + - _ alone"),
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


# The second factor ------------------------------------------------------------------------


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


def test_the_admin_asks_for_it_too(client, organiser, sign_in, confirm):
    confirm("organiser")
    secret = client.get("/account/two-factor/on").context["form"].secret
    client.post("/account/two-factor/on", {"code": totp(secret)})
    client.post("/account/sign-out")

    sign_in("organiser", next="/admin/")

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


# Accounts elsewhere -----------------------------------------------------------------------


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
