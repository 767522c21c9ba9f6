"""Founding, editing, inviting, leaving: what the services about teams allow."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services
from accounts.models import Invitation, Membership, Team, User
from accounts.services import TeamDescription

pytestmark = pytest.mark.django_db


def members(team):
    return dict(team.membership_set.values_list("user__username", "role"))


@pytest.fixture
def dora(db):
    """In no team."""
    return User.objects.create_user("dora", "dora@tests.example")


@pytest.fixture
def invite(team, alice):
    """Invite as alice."""
    return lambda email="": services.invite(team=team, actor=alice, email=email)


# Founding and editing ---------------------------------------------------------------------


def test_who_founds_a_team_owns_it(dora):
    description = TeamDescription(" Lingua  Franca ", "Here", "The LF team", "https://lf.example/")

    team = services.create_team(founder=dora, description=description)

    assert (team.name, team.slug) == ("Lingua Franca", "lingua-franca")
    assert (team.institution, team.publication_name) == ("Here", "The LF team")
    assert not team.is_verified
    assert not team.is_organisers
    assert members(team) == {"dora": "owner"}


def test_one_may_be_in_several_teams(alice):
    services.create_team(founder=alice, description=TeamDescription("Second"))

    assert alice.teams.count() == 2


@pytest.mark.parametrize("name", ["lexica", "LEXICA", " Lexica ", "Ｌｅｘｉｃａ"])
def test_a_name_that_reads_the_same_is_taken(team, dora, name):
    with pytest.raises(ValidationError, match="There is a team of this name already") as error:
        services.create_team(founder=dora, description=TeamDescription(name))

    assert list(error.value.message_dict) == ["name"]
    assert not dora.teams.exists()


def test_the_database_forbids_it_too(team):
    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.create(name="LEXICA", slug="other")


@pytest.mark.parametrize(
    ("description", "field"),
    [
        (TeamDescription("  "), "name"),
        (TeamDescription("x" * 101), "name"),
        (TeamDescription("Lex\u202eica"), "name"),
        (TeamDescription("New", website="javascript:alert(1)"), "website"),
        (TeamDescription("New", institution="x" * 201), "institution"),
    ],
)
def test_what_a_team_says_is_checked(dora, description, field):
    with pytest.raises(ValidationError) as error:
        services.create_team(founder=dora, description=description)

    assert field in error.value.message_dict


def test_two_names_may_read_differently_and_share_the_letters_of_a_slug(dora):
    one = services.create_team(founder=dora, description=TeamDescription("A B"))
    other = services.create_team(founder=dora, description=TeamDescription("A-B"))

    assert (one.slug, other.slug) == ("a-b", "a-b-2")


def test_an_owner_edits_and_the_address_stays(other_team, charlie):
    description = TeamDescription("Babel Tower", "There")

    services.edit_team(team=other_team, actor=charlie, description=description)

    other_team.refresh_from_db()
    assert (other_team.name, other_team.slug) == ("Babel Tower", "babel")


def test_a_team_may_change_the_case_of_its_own_name(other_team, charlie):
    services.edit_team(team=other_team, actor=charlie, description=TeamDescription("BABEL"))

    other_team.refresh_from_db()
    assert other_team.name == "BABEL"


@pytest.mark.parametrize(
    "description", [TeamDescription("Other", "Here"), TeamDescription("Lexica")]
)
def test_what_was_verified_stays_as_it_was(team, alice, description):
    with pytest.raises(ValidationError, match="ask them to change it"):
        services.edit_team(team=team, actor=alice, description=description)

    team.refresh_from_db()
    assert (team.name, team.institution) == ("Lexica", "Here")


def test_the_rest_of_a_verified_team_may_change(team, alice):
    description = TeamDescription("Lexica", "Here", "Lexica et al.")

    services.edit_team(team=team, actor=alice, description=description)

    team.refresh_from_db()
    assert team.publication_name == "Lexica et al."


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_only_owners_change_a_team(team, alice, bob, charlie, who):
    actor = {"bob": bob, "charlie": charlie}[who]
    invited = services.invite(team=team, actor=alice)
    actions = [
        lambda: services.edit_team(team=team, actor=actor, description=TeamDescription("Mine")),
        lambda: services.invite(team=team, actor=actor),
        lambda: services.revoke_invitation(invitation=invited.invitation, actor=actor),
        lambda: services.remove_member(team=team, actor=actor, member=alice),
        lambda: services.set_role(team=team, actor=actor, member=actor, role="owner"),
    ]

    for action in actions:
        with pytest.raises(ValidationError, match="Only an owner of Lexica can do this"):
            action()

    assert members(team) == {"alice": "owner", "bob": "member"}


# Invitations ------------------------------------------------------------------------------


def test_only_the_hash_of_a_token_is_kept(invite):
    invited = invite()

    row = Invitation.objects.get()
    assert row.token_hash == hashlib.sha256(invited.token.encode()).hexdigest()
    assert invited.token not in str(Invitation.objects.values().get())
    assert row.expires_at - row.created_at == timedelta(days=14)


def test_a_link_lets_one_person_in(invite, team, dora, charlie):
    invitation = invite().invitation

    services.accept_invitation(invitation=invitation, user=dora)
    with pytest.raises(ValidationError, match="has been used"):
        services.accept_invitation(invitation=invitation, user=charlie)

    invitation.refresh_from_db()
    assert members(team) == {"alice": "owner", "dora": "member"}
    assert invitation.accepted_by == dora


def test_who_is_in_the_team_uses_no_invitation_up(invite, bob, dora):
    invitation = invite().invitation

    with pytest.raises(ValidationError, match="You are in Lexica already"):
        services.accept_invitation(invitation=invitation, user=bob)

    services.accept_invitation(invitation=invitation, user=dora)


def test_an_invitation_by_mail_is_for_that_address(invite, team, dora, charlie):
    invitation = invite("Dora@Tests.example").invitation

    with pytest.raises(
        ValidationError, match=r"dora@tests\.example, which is no confirmed address"
    ):
        services.accept_invitation(invitation=invitation, user=charlie)
    services.accept_invitation(invitation=invitation, user=dora)

    assert set(members(team)) == {"alice", "dora"}


def test_an_address_that_is_not_confirmed_does_not_count(invite, dora, charlie):
    invitation = invite("shared@tests.example").invitation
    EmailAddress.objects.create(user=charlie, email="shared@tests.example", verified=False)

    with pytest.raises(ValidationError, match="no confirmed address"):
        services.accept_invitation(invitation=invitation, user=charlie)


def test_a_second_address_of_an_account_counts(invite, team, dora):
    invitation = invite("work@tests.example").invitation
    EmailAddress.objects.create(user=dora, email="work@tests.example", verified=True)

    services.accept_invitation(invitation=invitation, user=dora)

    assert "dora" in members(team)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"revoked_at": timezone.now()}, "was taken back"),
        (
            {
                "created_at": timezone.now() - timedelta(days=15),
                "expires_at": timezone.now() - timedelta(days=1),
            },
            "has expired",
        ),
    ],
)
def test_what_is_over_lets_nobody_in_and_says_why(invite, team, dora, columns, reason):
    invitation = invite().invitation
    Invitation.objects.update(**columns)

    with pytest.raises(ValidationError, match=f"{reason}.*Ask an owner"):
        services.accept_invitation(invitation=invitation, user=dora)

    assert "dora" not in members(team)


def test_a_second_invitation_takes_the_place_of_the_first(invite, team, dora):
    first = invite("dora@tests.example").invitation
    second = invite("dora@tests.example").invitation

    with pytest.raises(ValidationError, match="was taken back"):
        services.accept_invitation(invitation=first, user=dora)
    services.accept_invitation(invitation=second, user=dora)


def test_one_that_has_expired_does_not_stand_in_the_way(invite):
    invite("dora@tests.example")
    long_ago = timezone.now() - timedelta(days=20)
    Invitation.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=14))

    invite("dora@tests.example")

    assert Invitation.objects.open().count() == 1


def test_a_member_is_not_invited_again(invite, bob):
    with pytest.raises(ValidationError, match="is in your team already"):
        invite("bob@tests.example")


def test_a_team_has_at_most_twenty_open_invitations(invite, team, alice):
    invitations = [invite().invitation for _ in range(20)]

    with pytest.raises(ValidationError, match="20 open invitations"):
        invite()
    services.revoke_invitation(invitation=invitations[0], actor=alice)
    invite()

    assert Invitation.objects.open().count() == 20


def test_what_was_accepted_can_not_be_taken_back(invite, alice, dora):
    invitation = invite().invitation
    services.accept_invitation(invitation=invitation, user=dora)

    with pytest.raises(ValidationError, match="has been used"):
        services.revoke_invitation(invitation=invitation, actor=alice)


@pytest.mark.parametrize(
    "columns",
    [
        {"accepted_at": timezone.now()},  # by nobody
        {"expires_at": timezone.now() - timedelta(days=1)},  # before it was made
    ],
)
def test_the_database_takes_no_invitation_that_makes_no_sense(invite, columns):
    invite()

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.update(**columns)


# Members ----------------------------------------------------------------------------------


def test_a_member_leaves(team, alice, bob):
    assert services.leave_team(team=team, member=bob)

    assert members(team) == {"alice": "owner"}


def test_the_last_owner_names_another_one_first(team, alice, bob):
    with pytest.raises(ValidationError, match="alice is the last owner of Lexica"):
        services.leave_team(team=team, member=alice)
    services.set_role(team=team, actor=alice, member=bob, role="owner")
    services.leave_team(team=team, member=alice)

    assert members(team) == {"bob": "owner"}


def test_the_last_owner_stays_an_owner(team, alice, bob):
    with pytest.raises(ValidationError, match="last owner"):
        services.set_role(team=team, actor=alice, member=alice, role="member")


def test_a_team_without_members_and_submissions_is_gone(team, alice):
    assert not services.leave_team(team=team, member=alice)

    assert not Team.objects.exists()


def test_a_team_that_has_submitted_stays_without_members(make_submission, invite, team, alice):
    make_submission()
    invite()

    assert services.leave_team(team=team, member=alice)

    assert Team.objects.get().members.count() == 0
    assert not Invitation.objects.open().exists()  # nobody comes into an empty team


def test_a_stranger_has_nothing_to_leave(team, alice, charlie):
    with pytest.raises(ValidationError, match="charlie is not in Lexica any more"):
        services.leave_team(team=team, member=charlie)


def test_an_owner_puts_another_out_but_not_oneself(team, alice, bob):
    with pytest.raises(ValidationError, match="use “Leave the team”"):
        services.remove_member(team=team, actor=alice, member=alice)
    services.remove_member(team=team, actor=alice, member=bob)

    assert members(team) == {"alice": "owner"}


@pytest.mark.parametrize(
    "end",
    [
        lambda team, alice, bob: services.remove_member(team=team, actor=alice, member=bob),
        lambda team, alice, bob: services.leave_team(team=team, member=bob),
        lambda team, alice, bob: services.set_role(
            team=team, actor=alice, member=bob, role="member"
        ),
    ],
    ids=["put out", "left", "no owner any more"],
)
def test_who_owns_the_team_no_longer_gets_nobody_in_by_a_link_that_was_kept(
    end, invite, team, alice, bob
):
    services.set_role(team=team, actor=alice, member=bob, role="owner")
    kept = services.invite(team=team, actor=bob)
    hers = invite()

    end(team, alice, bob)

    Membership.objects.filter(user=bob).delete()
    with pytest.raises(ValidationError, match="was taken back"):
        services.accept_invitation(invitation=kept.invitation, user=bob)
    assert services.accept_invitation(invitation=hers.invitation, user=bob)


def test_there_are_two_roles(team, alice, bob):
    with pytest.raises(ValidationError, match="choose owner or member"):
        services.set_role(team=team, actor=alice, member=bob, role="king")

    assert Membership.objects.get(user=bob).role == "member"


def test_what_comes_after_a_team_is_gone_says_so(team, alice):
    services.leave_team(team=Team.objects.get(), member=alice)

    with pytest.raises(ValidationError, match="The team Lexica is gone"):
        services.invite(team=team, actor=alice)
