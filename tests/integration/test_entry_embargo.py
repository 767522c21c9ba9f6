"""A blind phase: until its instants, no answer to a team holds anything of its scores."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sharedtasks.models import Phase
from tests.integration.samples import POOR, REFERENCE

pytestmark = pytest.mark.django_db
POLL = {"HX-Request": "true"}


@pytest.fixture
def entry(make_scored_entry):
    """Its scores are odd numbers: no address or date holds one of them by chance."""
    return make_scored_entry((*POOR[:3], ""), system="Marian", wants_primary=True)


@pytest.fixture
def hide(phase):
    """Return a function that sets when own scores may be seen; by default never."""

    def hide(**instants):
        blind = {"own_scores_at": None, "board_at": None, "team_names_at": None}
        Phase.objects.filter(pk=phase.pk).update(kind="blind", **(blind | instants))

    return hide


def answers(client, entry):
    """Return every answer of this app to somebody who may see the entry."""
    addresses = {
        "entry": reverse("entry", args=[entry.pk]),
        "submission": reverse("submission", args=[entry.submission_id]),
        "history": reverse("submissions"),
        "slots": reverse("submit", args=["spring", "test"]),
        "question": reverse("withdraw", args=[entry.pk]),
        "problems": reverse("submission-problems", args=[entry.submission_id]),
        "text": reverse("entry-text", args=[entry.pk]),
        "jsonl": reverse("entry-jsonl", args=[entry.pk]),
        "file": reverse("submission-file", args=[entry.submission_id, 0]),
    }
    found = {name: client.get(address) for name, address in addresses.items()}
    found["polled entry"] = client.get(addresses["entry"], headers=POLL)
    found["polled submission"] = client.get(addresses["submission"], headers=POLL)
    found["action"] = client.post(reverse("make-contrastive", args=[entry.pk]), follow=True)
    return {name: b"".join(response).decode() for name, response in found.items()}


def secrets(entry):
    """Return what scores, their parts and the references look like."""
    values = {repr(score.value) for score in entry.scores.all()} - {"0.0"}
    signatures = {score.signature for score in entry.scores.all()}
    references = {line for line in REFERENCE.splitlines() if line.startswith("<seg")}
    words = {"data-metric", "required 4", "chrF2", entry.test_set.digest[:12]}
    return values | signatures | references | words


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_a_team_sees_nothing_of_its_scores(client, request, entry, hide, person):
    hide()
    client.force_login(request.getfixturevalue(person))

    for name, text in answers(client, entry).items():
        leaked = [secret for secret in secrets(entry) if secret in text]
        assert not leaked, name


def test_it_is_told_that_the_instant_is_not_announced(client, alice, entry, hide):
    hide()
    client.force_login(alice)

    text = client.get(entry.get_absolute_url()).text

    assert "Test phase does not show scores yet; the organisers have not announced" in text
    assert "The leaderboard is hidden for now." in text


def test_it_is_told_the_instant(client, alice, entry, hide):
    at = timezone.now() + timedelta(days=3, minutes=1)
    hide(own_scores_at=at)
    client.force_login(alice)

    text = " ".join(client.get(entry.get_absolute_url()).text.split())

    assert f"{at.day} {at:%b %Y, %H:%M} UTC</time></strong> on, which is in 3 days." in text


@pytest.mark.parametrize(("offset", "is_shown"), [(-1, True), (60, False)])
def test_the_instant_decides(client, alice, entry, hide, offset, is_shown):
    hide(own_scores_at=timezone.now() + timedelta(seconds=offset))
    client.force_login(alice)

    text = client.get(entry.get_absolute_url()).text
    polled = client.get(entry.get_absolute_url(), headers=POLL).text

    assert ("data-metric" in text) == ("data-metric" in polled) == is_shown


def test_organisers_see_them(client, organiser, entry, hide):
    hide()
    client.force_login(organiser)

    text = client.get(entry.get_absolute_url()).text

    assert all(repr(score.value) in text for score in entry.scores.all())


def test_own_scores_before_the_board_name_no_board(client, alice, entry, hide):
    hide(own_scores_at=timezone.now() - timedelta(seconds=1))
    client.force_login(alice)

    text = client.get(entry.get_absolute_url()).text

    assert "data-metric" in text
    assert "The leaderboard is hidden for now." in text


def test_warnings_depend_on_no_reference_and_stay(client, alice, entry, hide):
    hide()
    client.force_login(alice)

    assert "Warnings about its file" in client.get(entry.get_absolute_url()).text
