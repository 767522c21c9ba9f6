"""Every address of accounts and teams, as every role, and by every wrong method."""

from __future__ import annotations

import re

import pytest
from django.urls import URLResolver, reverse

import accounts.urls
from accounts import services
from accounts.models import Membership
from tests.integration.conftest import ROLES

pytestmark = pytest.mark.django_db

EVERYBODY, NOT_IN, IN = (200,) * 9, (200, *(302,) * 8), (302, *(200,) * 8)
ACTION, ALWAYS_LED_ON = (405,) * 9, (302,) * 9
# Owner, organiser and outsider have a second factor. The team has sent nothing yet, so that owners
# and organisers of any shared task may open it, to verify it.
OF_THE_TEAM = (302, 200, 200, 404, 200, 200, 404, 200, 404)
OF_ITS_OWNER = (302, 200, 403, 404, 403, 403, 404, 403, 404)
DONE_BY_ITS_OWNER = (302, 302, 403, 404, 403, 403, 404, 403, 404)

# Status of GET by role, in the order of ROLES.
GET = {
    "account": IN,
    "time-zone": IN,
    "account_login": NOT_IN,
    "account_signup": NOT_IN,
    "account_logout": IN,
    "account_inactive": EVERYBODY,
    "account_reauthenticate": IN,
    "account_email": IN,
    "account_email_verification_sent": EVERYBODY,
    "account_confirm_email": EVERYBODY,  # one that never was: the page says so
    "account_change_password": IN,
    "account_set_password": ALWAYS_LED_ON,  # all have one, and are led to changing it
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,  # one that never was: the page says so
    "account_reset_password_from_key_done": EVERYBODY,
    "mfa_index": IN,
    "mfa_authenticate": ALWAYS_LED_ON,  # nobody is halfway through signing in
    "mfa_reauthenticate": (302, 302, 302, 302, 200, 200, 302, 200, 302),
    "mfa_activate_totp": ALWAYS_LED_ON,  # the password is asked for first
    "mfa_deactivate_totp": (302, 404, 404, 404, 302, 302, 404, 302, 404),
    "mfa_view_recovery_codes": (302, *(404,) * 8),
    "mfa_generate_recovery_codes": ALWAYS_LED_ON,
    "mfa_download_recovery_codes": (302, *(404,) * 8),
    "socialaccount_connections": IN,
    "socialaccount_signup": ALWAYS_LED_ON,  # nobody comes from a provider
    "socialaccount_login_cancelled": EVERYBODY,
    "socialaccount_login_error": (401,) * 9,
    "github_login": (404,) * 9,  # none is configured
    "github_callback": (404,) * 9,
    "google_login": (404,) * 9,
    "google_callback": (404,) * 9,
    "orcid_login": (404,) * 9,
    "orcid_callback": (404,) * 9,
    "teams": IN,
    "create-team": IN,
    "team": OF_THE_TEAM,
    "edit-team": OF_ITS_OWNER,
    "invite": ACTION,
    "remove-member": ACTION,
    "set-role": ACTION,
    "leave-team": ACTION,
    "revoke-invitation": ACTION,
    "invitation": (200, 302, 302, *(200,) * 6),  # who is in the team is led there
}
ALIASES = {"sign-in": "account_login", "sign-out": "account_logout", "sign-up": "account_signup"}

# Status of POST by role; what is done, in the data below.
POST = {
    "time-zone": (302,) * 9,
    "create-team": ALWAYS_LED_ON,
    "edit-team": DONE_BY_ITS_OWNER,
    "invite": DONE_BY_ITS_OWNER,
    "remove-member": DONE_BY_ITS_OWNER,
    "set-role": DONE_BY_ITS_OWNER,
    # alice is the last owner; organisers are not in it
    "leave-team": (302, 422, 302, 404, 422, 422, 404, 422, 404),
    "revoke-invitation": DONE_BY_ITS_OWNER,
    "invitation": ALWAYS_LED_ON,
}


@pytest.fixture
def invited(team, alice):
    return services.invite(team=team, actor=alice)


@pytest.fixture
def address(team, invited):
    """Return a function from an address's name to the address."""
    arguments = {
        "account_confirm_email": ["never-was"],
        "account_reset_password_from_key": ["1", "never-was"],
        "invitation": [invited.token],
        "revoke-invitation": [team.slug, invited.invitation.pk],
    }
    of_a_team = ["team", "edit-team", "invite", "remove-member", "set-role", "leave-team"]
    arguments |= {name: [team.slug] for name in of_a_team}
    return lambda name: reverse(name, args=arguments.get(name))


@pytest.fixture
def data(bob):
    """What each action is given: bob is the member that it is about."""
    return {
        "time-zone": {"time_zone": "Asia/Seoul"},
        "create-team": {"name": "New team"},
        "edit-team": {"name": "Lexica", "institution": "Here"},
        "remove-member": {"member": bob.pk},
        "set-role": {"member": bob.pk, "role": "owner"},
    }


def names(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        else:
            yield pattern.name


def test_no_address_is_missing_here():
    assert set(names(accounts.urls.urlpatterns)) == GET.keys() | ALIASES.keys()


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_the_same_address(alias, name):
    assert reverse(alias) == reverse(name)


def test_each_role_gets_what_it_may_see(address, as_role):
    statuses = {
        name: tuple(as_role(role).get(address(name)).status_code for role in ROLES) for name in GET
    }

    assert statuses == GET


@pytest.mark.parametrize("role", ["alice", "bob", "charlie", "organiser"])
@pytest.mark.parametrize("name", POST)
def test_each_role_can_do_what_it_may(name, role, address, as_role, data, team):
    before = set(team.membership_set.values_list("user__username", "role"))

    response = as_role(role).post(address(name), data.get(name, {}))

    assert response.status_code == POST[name][ROLES.index(role)]
    if response.status_code != 302 or name in (
        "create-team",
        "edit-team",
        "invite",
        "revoke-invitation",
    ):
        assert set(team.membership_set.values_list("user__username", "role")) == before


def test_all_others_change_nothing_of_a_team(address, as_role, data, team):
    before = set(team.membership_set.values_list("user__username", "role"))
    names = POST.keys() - {"create-team", "invitation"}  # what anybody may who is signed in

    for role in ("visitor", "owner", "observer", "outsider", "staff"):
        client = as_role(role)
        for name in names:
            response = client.post(address(name), data.get(name, {}))
            assert response.status_code == POST[name][ROLES.index(role)], (role, name)
            if role == "visitor":
                assert response.headers["Location"].startswith("/account/sign-in?next=/")
    assert set(team.membership_set.values_list("user__username", "role")) == before
    assert team.invitations.open().count() == 1


@pytest.mark.parametrize("name", [name for name, statuses in POST.items() if statuses[1] == 302])
def test_who_has_to_sign_in_first_comes_back_to_a_page(name, address, as_role):
    response = as_role("visitor").post(address(name))

    back = response.headers["Location"].partition("?next=")[2]
    assert as_role("alice").get(back).status_code in (200, 302)


@pytest.mark.parametrize("name", ["team", "edit-team", "leave-team"])
def test_a_stranger_can_not_tell_which_teams_exist(name, address, as_role):
    client = as_role("charlie")
    method = client.post if GET[name] == ACTION else client.get
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')

    secret = method(address(name))
    absent = method(reverse(name, args=["never-was"]))

    assert secret.status_code == absent.status_code == 404
    assert token.sub("", secret.text) == token.sub("", absent.text)


@pytest.mark.parametrize("role", ["bob", "organiser"])
def test_who_is_no_owner_reads_who_may_do_it(role, address, as_role):
    response = as_role(role).get(address("edit-team"))

    assert "Only the owners of Lexica may do this" in response.text


def test_our_pages_take_no_other_method(address, as_role):
    for name in ["account", "teams", "create-team", "team", "edit-team", "invite", "invitation"]:
        for method in ("put", "patch", "delete"):
            answer = getattr(as_role("alice"), method)(address(name))
            assert answer.status_code == 405, (name, method)


def test_what_is_said_to_somebody_is_kept_by_no_cache(address, as_role):
    for name in GET:
        response = as_role("alice").get(address(name))

        assert "no-store" in response.headers["Cache-Control"], name


def test_what_is_for_reading_takes_no_form(address, as_role):
    for name in ["account", "teams", "team"]:
        assert as_role("alice").post(address(name)).status_code == 405, name


def test_an_action_on_a_member_of_another_team_is_about_nobody(
    address, as_role, people, other_team
):
    client = as_role("alice")

    for name in ("remove-member", "set-role"):
        found = {"member": people["charlie"].pk, "role": "owner"}
        assert client.post(address(name), found).status_code == 404

    assert Membership.objects.get(team=other_team).user == people["charlie"]


def test_an_invitation_of_another_team_can_not_be_taken_back(as_role, people, team, other_team):
    theirs = services.invite(team=other_team, actor=people["charlie"]).invitation

    response = as_role("alice").post(reverse("revoke-invitation", args=[team.slug, theirs.pk]))

    assert response.status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None
