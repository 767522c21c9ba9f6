"""The pages of teams and invitations."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Invitation, Membership, Team, User
from tests.integration.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(db):
    """In no team."""
    return User.objects.create_user("dora", "dora@tests.example", PASSWORD)


def link_shown(response) -> str:
    found = re.search(r"http://testserver(/invitations/[-\w]{43})<", response.text)
    assert found is not None
    return found[1]


def test_who_is_in_no_team_reads_how_to_get_into_one(client, dora):
    client.force_login(dora)

    text = client.get("/teams/").text

    assert "You are not in a team yet" in text
    assert 'href="/teams/found"' in text


def test_founding_leads_to_the_new_teams_page(client, dora):
    client.force_login(dora)

    response = client.post(
        "/teams/found", {"name": "北京大学", "website": "example.org"}, follow=True
    )

    team = Team.objects.get()
    assert response.redirect_chain == [(team.get_absolute_url(), 302)]
    assert "北京大学 is founded" in response.text
    assert "not verified yet" in response.text
    assert team.website == "https://example.org"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": ""}, "Give your team a name."),
        ({"name": "LEXICA"}, "There is a team of this name already."),
        ({"name": "New", "website": "no address"}, "This is no web address."),
    ],
)
def test_founding_says_what_is_wrong_and_keeps_what_was_typed(client, dora, team, data, words):
    client.force_login(dora)

    response = client.post("/teams/found", data | {"institution": "Kept here"})

    assert response.status_code == 422
    assert words in response.text
    assert "Kept here" in response.text


def test_founding_is_limited(client, dora):
    client.force_login(dora)

    for number in range(20):
        assert client.post("/teams/found", {"name": f"Team {number}"}).status_code == 302
    response = client.post("/teams/found", {"name": "One more"})

    assert response.status_code == 429
    assert "limited by the hour" in response.text
    assert not Team.objects.filter(name="One more").exists()


def test_members_see_each_other_and_owners_see_the_actions(client, alice, bob, team):
    services.invite(team=team, actor=alice, email="dora@tests.example")

    client.force_login(bob)
    as_member = client.get("/teams/lexica/").text
    client.force_login(alice)
    as_owner = client.get("/teams/lexica/").text

    assert "alice" in as_member
    assert "Leave the team" in as_member
    for words in ("Make an owner", "Invite somebody", "dora@tests.example", "Edit the team"):
        assert words in as_owner
        assert words not in as_member


def test_an_organiser_sees_the_members_and_no_actions(client, organiser, alice, team):
    client.force_login(organiser)

    text = client.get("/teams/lexica/").text

    assert "alice" in text
    assert "Leave the team" not in text
    assert "Make a member" not in text


def test_what_is_verified_is_shown_and_can_not_be_edited(alices, team):
    page = alices.get("/teams/lexica/edit")
    # A disabled field keeps its value whatever is sent.
    alices.post("/teams/lexica/edit", {"name": "Evil", "publication_name": "Lexica et al."})

    team.refresh_from_db()
    assert "Organisers have verified your team under this" in page.text
    assert (team.name, team.publication_name) == ("Lexica", "Lexica et al.")


def test_an_invalid_edit_is_shown_again(client, charlie, other_team, team):
    client.force_login(charlie)

    response = client.post("/teams/babel/edit", {"name": "lexica"})

    assert response.status_code == 422
    assert "There is a team of this name already." in response.text


# Inviting ---------------------------------------------------------------------------------


def test_a_link_is_shown_once(alices, team):
    first = alices.post("/teams/lexica/invite", {"email": ""}, follow=True)
    again = alices.get("/teams/lexica/")

    assert alices.get(link_shown(first)).status_code == 302  # alice is in the team
    assert "/invitations/" not in again.text.replace("/revoke", "").replace(
        "/teams/lexica/invitations/", ""
    )
    assert "By link, for one person" in again.text


def test_a_mail_brings_the_invitation_and_the_page_no_link(alices, team, settings):
    response = alices.post("/teams/lexica/invite", {"email": "Dora@tests.example"}, follow=True)

    (message,) = mail.outbox
    assert message.to == ["dora@tests.example"]
    assert message.subject == "[Terminarium] Invitation to a team"
    assert "alice invites you to join the team “Lexica” (Here)" in message.body
    assert re.search(r"http://testserver/invitations/[-\w]{43}\n", message.body)
    assert "We have sent the invitation to dora@tests.example" in response.text
    assert "http://testserver/invitations/" not in response.text


@pytest.mark.parametrize("name", ["Babel", "You won: http://x.example", "URGENT"])
def test_a_team_that_is_not_verified_gets_a_link_and_sends_no_mail(
    client, charlie, other_team, name
):
    Team.objects.filter(pk=other_team.pk).update(name=name)
    client.force_login(charlie)

    page = client.get("/teams/babel/")
    response = client.post("/teams/babel/invite", {"email": "dora@tests.example"}, follow=True)

    assert "We do not email it until the organisers have verified your team" in page.text
    assert "your team is not verified yet" in response.text
    link_shown(response)
    assert mail.outbox == []


@pytest.mark.parametrize("delivery", ["none", "smtp"])
def test_a_mail_that_can_not_be_sent_becomes_a_link(alices, team, settings, delivery):
    settings.EMAIL_DELIVERY = delivery
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    response = alices.post("/teams/lexica/invite", {"email": "dora@tests.example"}, follow=True)

    assert "We could not send an email to dora@tests.example" in response.text
    link_shown(response)


@pytest.mark.parametrize(
    ("email", "words"),
    [("dora", "This is not an email address."), ("bob@tests.example", "is in your team already")],
)
def test_what_is_wrong_with_an_invitation_stands_on_the_teams_page(alices, bob, email, words):
    response = alices.post("/teams/lexica/invite", {"email": email})

    assert response.status_code == 422
    assert words in response.text
    assert mail.outbox == []


def test_taking_back(alices, alice, team, dora):
    invited = services.invite(team=team, actor=alice)
    address = reverse("revoke-invitation", args=["lexica", invited.invitation.pk])

    taken = alices.post(address, follow=True)
    again = alices.post(address)

    assert "its link no longer works" in taken.text
    assert again.status_code == 422
    alices.force_login(dora)
    assert "was taken back" in alices.get(f"/invitations/{invited.token}").text


# Being invited ----------------------------------------------------------------------------


@pytest.fixture
def invitation(team, alice):
    """The address of one by link."""
    return "/invitations/" + services.invite(team=team, actor=alice).token


def test_a_visitor_sees_who_invites_to_what_and_keeps_the_way_back(client, invitation):
    response = client.get(invitation)

    assert "alice" in response.text
    assert "Lexica" in response.text
    assert f'href="/account/sign-up?next={invitation}"' in response.text
    assert f'href="/account/sign-in?next={invitation}"' in response.text
    assert "bob" not in response.text  # who else is in it is the members' business


def test_somebody_new_signs_up_comes_back_and_joins(client, invitation, team):
    data = {"username": "emil", "email": "emil@tests.example", "password1": "a long pass phrase"}
    client.post(f"/account/sign-up?next={invitation}", data | {"next": invitation})
    confirm = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)[1]

    back = client.post(confirm)
    page = client.get(back.headers["Location"])
    joined = client.post(invitation, follow=True)

    assert back.headers["Location"] == invitation
    assert "Join Lexica" in page.text
    assert "Welcome to Lexica" in joined.text
    assert Membership.objects.get(team=team, user__username="emil").role == "member"


def test_opening_a_link_joins_nothing(client, invitation, dora, team):
    client.force_login(dora)

    assert client.get(invitation).status_code == 200
    assert not Membership.objects.filter(user=dora).exists()


def test_who_is_in_already_is_led_to_the_team(alices, invitation):
    for method in (alices.get, alices.post):
        assert method(invitation).headers["Location"] == "/teams/lexica/"

    assert Invitation.objects.open().exists()


def test_one_for_another_address_is_explained(client, alice, team, dora):
    token = services.invite(team=team, actor=alice, email="work@tests.example").token
    client.force_login(dora)

    page = client.get(f"/invitations/{token}")
    posted = client.post(f"/invitations/{token}")

    assert "work@tests.example is no confirmed address of this account" in page.text
    assert '<button class="button">Join' not in page.text
    assert posted.status_code == 422
    assert "which is no confirmed address" in posted.text


def test_the_sign_up_form_knows_the_address_that_was_invited(client, alice, team):
    token = services.invite(team=team, actor=alice, email="a+b@tests.example").token

    page = client.get(f"/invitations/{token}")
    link = re.search(r'href="(/account/sign-up[^"]+)"', page.text)[1].replace("&amp;", "&")

    assert 'value="a+b@tests.example"' in client.get(link).text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"revoked_at": timezone.now()}, "This invitation was taken back."),
        (
            {
                "created_at": timezone.now() - timedelta(days=15),
                "expires_at": timezone.now() - timedelta(days=1),
            },
            "This invitation has expired",
        ),
    ],
)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_what_is_over_says_why(client, dora, invitation, columns, words, is_signed_in):
    Invitation.objects.update(**columns)
    if is_signed_in:
        client.force_login(dora)

    for method in (client.get, client.post):
        response = method(invitation)
        assert response.status_code == 410
        assert words in response.text
        assert "Ask an owner of the team for a new one." in response.text


def test_one_that_was_used_says_so(client, dora, charlie, invitation):
    client.force_login(dora)
    client.post(invitation)
    client.force_login(charlie)

    response = client.get(invitation)

    assert response.status_code == 410
    assert "has been used" in response.text


@pytest.mark.parametrize("token", ["x" * 43, "short", "x" * 44])
def test_a_token_that_never_was_is_not_found(client, db, token):
    assert client.get(f"/invitations/{token}").status_code == 404


# Members ----------------------------------------------------------------------------------


def test_roles_change_and_members_go(alices, bob, team):
    owner = alices.post("/teams/lexica/role", {"member": bob.pk, "role": "owner"}, follow=True)
    gone = alices.post("/teams/lexica/remove", {"member": bob.pk}, follow=True)

    assert "bob is owner now" in owner.text
    assert "bob is no longer in the team; invitations of theirs no longer work." in gone.text
    assert not Membership.objects.filter(user=bob).exists()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("role", {"role": "owner"}),
        ("role", {"member": "x"}),
        ("remove", {}),
        ("remove", {"member": 0}),
    ],
)
def test_an_action_about_nobody_says_so(alices, team, path, data):
    response = alices.post(f"/teams/lexica/{path}", data)

    assert response.status_code == 422
    assert "Choose one of the members" in response.text


def test_the_last_owner_reads_what_to_do_first(alices, bob, team):
    response = alices.post("/teams/lexica/leave")

    assert response.status_code == 422
    assert "Make another member an owner first." in response.text


def test_leaving(client, bob, team):
    client.force_login(bob)

    response = client.post("/teams/lexica/leave", follow=True)

    assert "You have left Lexica." in response.text
    assert client.get("/teams/lexica/").status_code == 404


def test_the_last_one_out_of_an_empty_team_is_told_that_it_is_gone(client, charlie, other_team):
    client.force_login(charlie)

    response = client.post("/teams/babel/leave", follow=True)

    assert "it had sent nothing, so it is gone" in response.text


def test_a_teams_name_is_shown_as_it_is_typed(client, dora):
    client.force_login(dora)

    response = client.post("/teams/found", {"name": "<b>Bold</b> & Co"}, follow=True)

    assert "<b>Bold" not in response.text
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; Co" in response.text
