"""Races about teams, with real threads on PostgreSQL: whoever comes first wins, and only once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import Membership, Team, User
from accounts.services import TeamDescription

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_postgresql"),
]


@pytest.fixture
def people(db):
    return [User.objects.create_user(f"user{n}", f"user{n}@tests.example") for n in range(8)]


def refusal(work):
    """Return why it was refused, or None."""
    try:
        work()
    except ValidationError as error:
        return error.messages[0]
    return None


def test_of_eight_that_accept_one_invitation_one_gets_in(team, alice, people, at_once):
    invitation = services.invite(team=team, actor=alice).invitation

    refusals = at_once(
        8,
        lambda n: refusal(
            lambda: services.accept_invitation(invitation=invitation, user=people[n])
        ),
    )

    assert refusals.count(None) == 1
    assert {reason for reason in refusals if reason} == {
        "This invitation has been used: each one is for one person. "
        "Ask an owner of the team for a new one."
    }
    assert team.members.count() == 2


def test_who_accepts_the_same_invitation_twice_at_once_is_in_once(team, alice, people, at_once):
    invitation = services.invite(team=team, actor=alice).invitation

    refusals = at_once(
        4,
        lambda _: refusal(
            lambda: services.accept_invitation(invitation=invitation, user=people[0])
        ),
    )

    assert refusals.count(None) == 1
    assert Membership.objects.filter(team=team, user=people[0]).count() == 1


def test_of_eight_that_found_one_name_one_does(people, at_once):
    spellings = ["Lexica", "LEXICA", "lexica", " Lexica "] * 2

    refusals = at_once(
        8,
        lambda n: refusal(
            lambda: services.create_team(
                founder=people[n], description=TeamDescription(spellings[n])
            )
        ),
    )

    assert refusals.count(None) == 1
    assert {reason for reason in refusals if reason} == {"There is a team of this name already."}
    assert Team.objects.count() == Membership.objects.count() == 1


def test_two_names_that_want_one_slug_get_one_each(people, at_once):
    names = ["A B", "A-B"]

    at_once(
        2,
        lambda n: services.create_team(founder=people[n], description=TeamDescription(names[n])),
    )

    assert sorted(Team.objects.values_list("slug", flat=True)) == ["a-b", "a-b-2"]


def test_of_two_owners_that_leave_at_once_one_stays(team, alice, bob, people, at_once):
    services.set_role(team=team, actor=alice, member=bob, role="owner")
    Membership.objects.create(team=team, user=people[0])

    refusals = at_once(
        2, lambda n: refusal(lambda: services.leave_team(team=team, member=[alice, bob][n]))
    )

    assert refusals.count(None) == 1
    assert team.membership_set.filter(role="owner").count() == 1


def test_two_owners_do_not_put_each_other_out(team, alice, bob, at_once):
    services.set_role(team=team, actor=alice, member=bob, role="owner")
    pairs = [(alice, bob), (bob, alice)]

    refusals = at_once(
        2,
        lambda n: refusal(
            lambda: services.remove_member(team=team, actor=pairs[n][0], member=pairs[n][1])
        ),
    )

    assert refusals.count(None) == 1
    assert team.members.count() == 1


def test_twenty_invitations_are_the_most_in_a_race_too(team, alice, at_once):
    for _ in range(18):
        services.invite(team=team, actor=alice)

    refusals = at_once(6, lambda _: refusal(lambda: services.invite(team=team, actor=alice)))

    assert refusals.count(None) == 2
    assert team.invitations.open().count() == 20


def test_one_address_invited_twice_at_once_holds_one_invitation(team, alice, at_once):
    at_once(4, lambda _: services.invite(team=team, actor=alice, email="dora@tests.example"))

    assert team.invitations.open().count() == 1
