"""The organisers' pages of Django's admin."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from leaderboard import boards
from leaderboard.models import BoardSnapshot
from tests.integration.samples import PERFECT, POOR

pytestmark = pytest.mark.django_db

LISTS = [
    "accounts_user",
    "accounts_team",
    "sharedtasks_sharedtask",
    "sharedtasks_phase",
    "sharedtasks_testset",
    "submissions_submission",
    "submissions_entry",
    "submissions_score",
    "submissions_problem",
    "submissions_statechange",
]
READ_ONLY = ["submission", "entry", "score", "problem", "statechange"]


@pytest.fixture
def admin(client, organiser):
    """The organiser's browser."""
    client.force_login(organiser)
    return client


@pytest.fixture
def change_ranking_metric(admin, test_set):
    """Choose another metric as an organiser does."""
    address = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])
    return lambda metric: admin.post(address, {"ranking_metric": metric})


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens(admin, make_scored_entry, name):
    make_scored_entry((*PERFECT[:3], ""))  # a warning: a problem to list

    response = admin.get(reverse(f"admin:{name}_changelist"))

    assert response.status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_participants_do_not_get_in(client, alice, name):
    client.force_login(alice)

    response = client.get(reverse(f"admin:{name}_changelist"))

    assert response.status_code == 302
    assert "/admin/login/" in response.headers["Location"]


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


def test_another_ranking_metric_makes_the_board_stale(
    change_ranking_metric, make_scored_entry, test_set
):
    for system, texts, bleu in (("terms", PERFECT, 1.0), ("words", POOR, 2.0)):
        make_scored_entry(texts, system=system).scores.filter(metric="bleu").update(value=bleu)
    boards.rebuild(test_set.pk)

    response = change_ranking_metric("bleu")

    assert response.status_code == 302
    assert boards.rebuild_stale() == 1
    body = BoardSnapshot.objects.get().body
    assert body["columns"]["system"] == ["words", "terms"]


def test_an_unknown_ranking_metric_is_refused(change_ranking_metric, test_set):
    response = change_ranking_metric("best-of-all")

    test_set.refresh_from_db()
    assert response.status_code == 200  # the admin's form again, with its message
    assert test_set.ranking_metric == "wmt21-exact-match"


def test_what_decides_a_score_can_not_be_edited(admin, test_set):
    address = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])

    admin.post(address, {"ranking_metric": "bleu", "digest": "0" * 64, "lemmatiser": "none"})

    before = (test_set.digest, test_set.lemmatiser)
    test_set.refresh_from_db()
    assert (test_set.digest, test_set.lemmatiser) == before


def test_test_sets_come_in_through_the_command_alone(admin):
    assert admin.get(reverse("admin:sharedtasks_testset_add")).status_code == 403


def test_an_organiser_adds_an_account(admin):
    data = {
        "username": "dora",
        "usable_password": "true",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }

    response = admin.post(reverse("admin:accounts_user_add"), data)

    assert response.status_code == 302
    assert User.objects.get(username="dora").check_password("a long enough one")


def test_a_mail_address_belongs_to_one_account(alice, bob):
    bob.email = alice.email

    with pytest.raises(ValidationError, match="There is an account with this address already"):
        bob.full_clean()


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
