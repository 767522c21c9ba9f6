"""The organisers' pages of releases and exports, as owners and others use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from leaderboard.models import Release
from sharedtasks.models import Phase
from tests.integration.board_rows import Made, fill
from tests.integration.release_rows import compute_ranges, release_row

pytestmark = pytest.mark.django_db

PAGE, PUBLISH = "/organise/spring/release", "/organise/spring/release/publish"
END = "/organise/spring/release/end"


@pytest.fixture
def board(make_bare_test_set, alice, team, other_team):
    """A ranked system, and one of a team that is not verified."""
    test_set = make_bare_test_set()
    fill(test_set, alice, [Made(team, "Alpha", 80.5, is_primary=True),
                           Made(other_team, "Beta", 70.25, is_primary=True)])  # fmt: skip
    compute_ranges(test_set)
    return test_set


def test_a_release_is_made_after_a_reason_for_each_decision(client, board, owner, phase):
    later = timezone.now() + timedelta(hours=5)
    Phase.objects.update(board_at=later)
    client.force_login(owner)
    page = client.get(PAGE).text
    assert "Babel, 1 entry: not in the release" in page
    asked = {"phase": "test", "when": "phase", "note": "Our first."}

    confirm = client.post(PUBLISH, asked)
    assert (confirm.status_code, Release.objects.count()) == (200, 0)
    assert "Until then you can take it back" in confirm.text
    asked["confirmed"] = "yes"
    refused = client.post(PUBLISH, asked)
    assert (refused.status_code, Release.objects.count()) == (422, 0)
    keys = ("identical", "unverified")
    made = client.post(PUBLISH, asked | {f"reason-{key}": f"{key} is fine" for key in keys})

    assert made.status_code == 302
    release = Release.objects.get()
    assert (release.number, release.public_at, release.note) == (1, later, "Our first.")
    event = AuditEvent.objects.get(object_type="leaderboard.release")
    assert (event.action, event.actor) == ("published", owner)
    assert event.changes["unverified"] == [None, "unverified is fine"]
    assert "is public in" in client.get(PAGE).text


def test_a_scheduled_release_is_taken_back_and_a_public_one_withdrawn(client, board, owner, phase):
    release_row(phase)
    release_row(phase, number=2, at=timezone.now() + timedelta(hours=1))
    client.force_login(owner)

    assert "Its number is used again" in client.get(f"{END}?phase=test&number=2").text
    client.post(f"{END}?phase=test&number=2")
    assert "Take care" not in client.get(f"{END}?phase=test&number=1").text
    assert client.post(f"{END}?phase=test&number=1").status_code == 422
    client.post(f"{END}?phase=test&number=1", {"reason": "Wrong."})

    assert [(row.number, row.withdrawn_reason) for row in Release.objects.all()] == [(1, "Wrong.")]
    assert client.get(f"{END}?phase=test&number=1").status_code == 404


def test_what_blocks_takes_the_button_away(client, board, owner):
    type(board).objects.update(results_version=99)
    client.force_login(owner)

    assert "are not computed yet" in client.get(PAGE).text
    assert "Publish Release 1…" not in client.get(PAGE).text


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("", {"Alpha"}, {"Beta"}),
        ("?at=2020-01-01", {"not open yet"}, {"Alpha", "Beta"}),
        ("?viewer={babel}", {"Alpha", "Beta"}, set()),
        ("?board=en-xx", {"Select a valid choice"}, set()),
        ("?at=soon", {"Enter a valid date"}, set()),
    ],
)
def test_the_preview_is_what_somebody_else_gets(
    query, seen, unseen, client, board, owner, other_team
):
    client.force_login(owner)

    page = client.get(PAGE + query.format(babel=other_team.pk)).text
    preview = page.partition('class="preview-body"')[2].partition("What the release holds")[0]

    text = preview or page
    assert {word for word in seen | unseen if word in text} == seen


def test_organisers_read_it_and_owners_publish(client, board, organiser):
    client.force_login(organiser)

    page = client.get(PAGE).text

    assert "An owner of Spring edition can publish a release." in page
    assert "Publish Release 1…" not in page


def test_the_exports_lead_to_files_that_are_there(client, board, owner, phase):
    release_row(phase)
    client.force_login(owner)

    page = client.get("/organise/spring/exports").text

    links = [
        part.partition('"')[0] for part in page.split('href="') if "/spring/test/" in part[:60]
    ]
    links = [link for link in links if not link.endswith("outputs.zip")]
    assert len(links) == 5
    for link in links:
        response = client.get(link)
        b"".join(response)
        assert response.status_code == 200, link
