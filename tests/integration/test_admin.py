"""The organisers' pages of Django's admin."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services
from accounts.models import User
from leaderboard import boards
from leaderboard.models import BoardSnapshot
from tests.integration.conftest import PASSWORD
from tests.integration.samples import PERFECT, POOR

pytestmark = pytest.mark.django_db

LISTS = [
    "accounts_user",
    "accounts_team",
    "accounts_invitation",
    "sharedtasks_sharedtask",
    "sharedtasks_phase",
    "sharedtasks_testset",
    "submissions_submission",
    "submissions_entry",
    "submissions_score",
    "submissions_verdict",
    "submissions_problem",
    "submissions_statechange",
]
READ_ONLY = ["submission", "entry", "score", "verdict", "problem", "statechange"]


@pytest.fixture
def change_order(admin, test_set):
    """Choose another order as an organiser does."""
    address = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])

    def change(*metrics):
        data = {f"official_order_{number}": metric for number, metric in enumerate(metrics)}
        return admin.post(address, data)

    return change


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens(admin, make_scored_entry, name):
    make_scored_entry((*PERFECT[:3], ""))  # a warning: a problem to list

    response = admin.get(reverse(f"admin:{name}_changelist"))

    assert response.status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_as_many_queries_with_more_in_it(admin, make_scored_entry, name):
    def queries():
        with CaptureQueriesContext(connection) as found:
            admin.get(reverse(f"admin:{name}_changelist"))
        return len(found)

    make_scored_entry((*PERFECT[:3], ""), system="one")
    before = queries()
    make_scored_entry((*PERFECT[:3], ""), system="two")

    assert queries() == before


@pytest.mark.parametrize("name", LISTS)
def test_participants_do_not_get_in(client, alice, name):
    client.force_login(alice)

    response = client.get(reverse(f"admin:{name}_changelist"))

    assert response.status_code == 302
    assert "/admin/login/" in response.headers["Location"]


@pytest.mark.parametrize("role", ["operator", "visitor", "alice", "staff", "organiser"])
def test_only_operators_are_led_to_the_page_of_an_object(as_role, make_scored_entry, role):
    entry = make_scored_entry()
    client = as_role(role)

    for row in (entry, entry.submission, entry.team, entry.test_set.phase.shared_task):
        kind = ContentType.objects.get_for_model(row)
        response = client.get(reverse("admin:view_on_site", args=[kind.pk, row.pk]))
        if role == "operator":
            assert response.headers["Location"].endswith(row.get_absolute_url())
        else:
            assert response.status_code == 404


@pytest.mark.parametrize("address", ["/admin/r/0/1/", "/admin/r/x/1/", "/admin/r/1/9999/"])
def test_an_object_that_is_not_there_has_no_page(admin, address):
    assert admin.get(address).status_code == 404


@pytest.mark.parametrize("name", READ_ONLY)
def test_moves_happen_through_services_alone(admin, make_scored_entry, name):
    entry = make_scored_entry()
    rows = {"submission": entry.submission, "entry": entry, "score": entry.scores.first()}
    rows |= {"statechange": entry.changes.first()}

    assert admin.get(reverse(f"admin:submissions_{name}_add")).status_code == 403
    if row := rows.get(name):
        change = reverse(f"admin:submissions_{name}_change", args=[row.pk])
        assert admin.get(change).status_code == 200
        assert admin.post(change, {"state": "failed"}).status_code == 403
        delete = reverse(f"admin:submissions_{name}_delete", args=[row.pk])
        assert admin.post(delete, {"post": "yes"}).status_code == 403


def test_another_order_makes_the_board_stale(change_order, make_scored_entry, test_set):
    for system, texts, bleu in (("terms", PERFECT, 1.0), ("words", POOR, 2.0)):
        make_scored_entry(texts, system=system).scores.filter(metric="bleu").update(value=bleu)
    boards.rebuild(test_set.pk)

    response = change_order("bleu")

    assert response.status_code == 302
    assert boards.rebuild_stale() == 1
    body = BoardSnapshot.objects.get().body
    assert body["columns"]["system"] == ["words", "terms"]


@pytest.mark.parametrize(
    "metrics", [("best-of-all",), (), ("", ""), ("bleu", "bleu"), ("chrf", "", "comet")]
)
def test_an_order_that_is_not_of_known_metrics_is_refused(change_order, test_set, metrics):
    response = change_order(*metrics)

    test_set.refresh_from_db()
    assert response.status_code == 200  # the admin's form again, with its message
    assert test_set.official_order == ["term-success", "chrf++"]


@pytest.mark.parametrize(
    ("metrics", "order"),
    [
        (("chrf++", "term-success"), ["chrf++", "term-success"]),
        (("", "bleu"), ["bleu"]),
        (("bleu", "", "chrf", "wmt21-1-term"), ["bleu", "chrf", "wmt21-1-term"]),
    ],
)
def test_an_order_is_of_metrics_in_the_order_chosen(change_order, test_set, metrics, order):
    assert change_order(*metrics).status_code == 302

    test_set.refresh_from_db()
    assert test_set.official_order == order


def test_what_decides_a_score_can_not_be_edited(admin, test_set):
    address = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])

    admin.post(address, {"official_order_0": "bleu", "digest": "0" * 64, "lemmatiser": "none"})

    before = (test_set.digest, test_set.lemmatiser)
    test_set.refresh_from_db()
    assert (test_set.digest, test_set.lemmatiser) == before


def test_test_sets_come_in_through_the_command_alone(admin):
    assert admin.get(reverse("admin:sharedtasks_testset_add")).status_code == 403


def test_an_organiser_adds_an_account(admin):
    data = {
        "username": "dora",
        "email": "dora@tests.example",
        "usable_password": "true",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }

    response = admin.post(reverse("admin:accounts_user_add"), data)

    assert response.status_code == 302
    assert User.objects.get(username="dora").check_password("a long enough one")


def test_an_account_needs_an_address_that_is_nobody_elses(admin, alice):
    data = {
        "username": "dora",
        "usable_password": "true",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }
    address = reverse("admin:accounts_user_add")

    without = admin.post(address, data)
    taken = admin.post(address, data | {"email": "Alice@tests.example"})

    assert "This field is required" in without.text
    assert "There is an account with this address already" in taken.text
    assert not User.objects.filter(username="dora").exists()


def test_an_address_that_an_organiser_enters_is_confirmed(admin, alice):
    page = admin.get(reverse("admin:accounts_user_change", args=[alice.pk]))
    data = {name: value for name, value in page.context["adminform"].form.initial.items() if value}
    data |= {"email": "New@tests.example", "date_joined_0": "2026-01-01", "date_joined_1": "12:00"}

    response = admin.post(reverse("admin:accounts_user_change", args=[alice.pk]), data)

    assert response.status_code == 302
    alice.refresh_from_db()
    assert alice.email == "new@tests.example"
    primary = EmailAddress.objects.get(user=alice, primary=True)
    assert (primary.email, primary.verified) == ("new@tests.example", True)


def test_teams_are_verified_and_marked_from_their_list(admin, team, other_team):
    chosen = {"_selected_action": [other_team.pk]}
    address = reverse("admin:accounts_team_changelist")

    admin.post(address, chosen | {"action": "verify"})
    admin.post(address, chosen | {"action": "mark_as_organisers"})

    other_team.refresh_from_db()
    team.refresh_from_db()
    assert (other_team.is_verified, other_team.is_organisers) == (True, True)
    assert not team.is_organisers


def test_a_teams_page_of_the_admin_opens_and_saves(admin, team, alice):
    address = reverse("admin:accounts_team_change", args=[team.pk])
    data = {
        "name": "Lexica",
        "slug": "lexica",
        "website": "https://lexica.example/",
        "is_organisers": "on",
        "membership_set-TOTAL_FORMS": "0",
        "membership_set-INITIAL_FORMS": "0",
    }

    assert admin.get(address).status_code == 200
    assert admin.post(address, data).status_code == 302

    team.refresh_from_db()
    assert (team.website, team.is_organisers) == ("https://lexica.example/", True)


def roster(team, *, removed=(), **roles):
    """Return the team's form as an organiser sends it: a role by name, and who is removed."""
    memberships = list(team.membership_set.select_related("user").order_by("pk"))
    data = {
        "name": team.name,
        "slug": team.slug,
        "membership_set-TOTAL_FORMS": str(len(memberships)),
        "membership_set-INITIAL_FORMS": str(len(memberships)),
    }
    for number, membership in enumerate(memberships):
        prefix = f"membership_set-{number}"
        name = membership.user.username
        data[f"{prefix}-id"] = membership.pk
        data[f"{prefix}-team"] = team.pk
        data[f"{prefix}-user"] = membership.user_id
        data[f"{prefix}-role"] = roles.get(name, membership.role)
        if name in removed:
            data[f"{prefix}-DELETE"] = "on"
    return data


def test_an_owner_who_is_taken_out_here_leaves_no_invitation_behind(admin, team, alice, bob):
    kept = services.invite(team=team, actor=alice).invitation
    address = reverse("admin:accounts_team_change", args=[team.pk])

    admin.post(address, roster(team))
    kept.refresh_from_db()
    assert kept.revoked_at is None
    admin.post(address, roster(team, bob="owner", removed=["alice"]))

    kept.refresh_from_db()
    assert [member.username for member in team.members.all()] == ["bob"]
    assert kept.revoked_at is not None


@pytest.mark.parametrize(
    "change",
    [{"removed": ["alice"]}, {"removed": ["alice", "bob"]}, {"alice": "member"}],
    ids=["removed", "all removed", "made a member"],
)
def test_the_last_owner_stays(admin, team, alice, bob, change):
    address = reverse("admin:accounts_team_change", args=[team.pk])

    response = admin.post(address, roster(team, **change))

    assert "The team would be left without an owner." in response.text
    assert team.membership_set.filter(user=alice, role="owner").exists()


def test_a_team_that_never_had_an_owner_can_be_saved(admin, team, bob):
    address = reverse("admin:accounts_team_change", args=[team.pk])

    response = admin.post(address, roster(team) | {"institution": "There"})

    assert response.status_code == 302


def test_the_account_of_a_last_owner_can_not_be_deleted(admin, team, alice, bob):
    one = reverse("admin:accounts_user_delete", args=[alice.pk])
    several = {"action": "delete_selected", "_selected_action": [alice.pk, bob.pk], "post": "yes"}

    page = admin.get(one)
    admin.post(one, {"post": "yes"})
    admin.post(reverse("admin:accounts_user_changelist"), several)

    assert "Team Lexica: its last owner." in page.text
    assert User.objects.filter(pk__in=[alice.pk, bob.pk]).count() == 2
    admin.post(reverse("admin:accounts_user_delete", args=[bob.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=bob.pk).exists()


@pytest.mark.parametrize("name", ["Lex\u202eica", "Bаbel", "BABEL ", "\u3164", "Βabel"])
def test_a_deceiving_team_name_is_refused_here_too(admin, team, other_team, alice, name):
    address = reverse("admin:accounts_team_change", args=[team.pk])

    response = admin.post(address, roster(team) | {"name": name})

    team.refresh_from_db()
    assert response.status_code == 200
    assert team.name == "Lexica"


@pytest.mark.parametrize("name", ["charlіe", "аlice", "al\u3164ice", "CHARLIE"])
def test_a_deceiving_user_name_is_refused_here_too(admin, alice, bob, charlie, name):
    data = {"username": name, "email": "bob@tests.example", "date_joined_0": "2026-01-01",
            "date_joined_1": "12:00"}  # fmt: skip

    response = admin.post(reverse("admin:accounts_user_change", args=[bob.pk]), data)

    bob.refresh_from_db()
    assert response.status_code == 200
    assert bob.username == "bob"


def test_the_admins_own_sign_in_form_is_not_served(client, db):
    response = client.get("/admin/")
    form = client.get(response.headers["Location"])
    posted = client.post("/admin/login/", {"username": "operator", "password": PASSWORD})

    assert form.headers["Location"] == "/account/sign-in?next=%2Fadmin%2F"
    assert posted.status_code == 302
    assert not get_user(client).is_authenticated


def test_a_phase_can_not_close_before_it_opens(admin, phase):
    data = {
        "shared_task": phase.shared_task_id,
        "slug": "test",
        "name": "Test",
        "opens_at_0": "2026-05-02",
        "opens_at_1": "12:00",
        "closes_at_0": "2026-05-01",
        "closes_at_1": "12:00",
    }

    response = admin.post(reverse("admin:sharedtasks_phase_change", args=[phase.pk]), data)

    assert "A phase closes after it opens." in response.text
