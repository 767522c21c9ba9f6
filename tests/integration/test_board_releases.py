"""Releases: what they hold, who sees them when, and that nothing changes them."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Team
from audit.models import AuditEvent
from files import storage
from leaderboard.models import BoardRanges, Release
from leaderboard.releases.checklist import Result, make_checklist
from leaderboard.releases.publishing import ReleaseRefused, publish, take_back, withdraw
from sharedtasks.models import Phase
from submissions.models import Entry
from tests.integration.actors import OPERATOR
from tests.integration.board_rows import Made, build, fill
from tests.integration.release_rows import compute_ranges

pytestmark = pytest.mark.django_db

ADDRESS = "/tasks/spring/test/releases/1"


@pytest.fixture
def teams(db):
    return [
        Team.objects.create(name=name, slug=name.lower(), is_verified=True)
        for name in ("Papagei", "Kolibri")
    ]


@pytest.fixture
def board(make_bare_test_set, alice, teams):
    """A board with two ranked systems, and ranges of just these."""
    test_set = make_bare_test_set()
    fill(test_set, alice, [Made(teams[0], "Alpha", 80.5, is_primary=True),
                           Made(teams[1], "Beta", 70.25, is_primary=True)])  # fmt: skip
    compute_ranges(test_set)
    return test_set


@pytest.fixture
def release_it(phase, board):
    """Publish, giving a reason for whatever is to be decided."""

    def release(*, is_now=True, **words):
        checks = make_checklist(Phase.objects.get(pk=phase.pk))
        reasons = {check.key: "looked at it" for check in checks if check.result == Result.DECIDE}
        return publish(actor=OPERATOR, phase=phase, is_now=is_now, decisions=reasons, **words)

    return release


def move(phase, **hours):
    """Set instants of the phase, in hours from now."""
    now = timezone.now()
    values = {name: now + timedelta(hours=after) for name, after in hours.items()}
    Phase.objects.filter(pk=phase.pk).update(**values)


def test_it_holds_the_boards_with_all_that_tells_how_they_were_made(client, board, release_it):
    release = release_it(note="Our first.")

    body = b"".join(client.get(f"{ADDRESS}/release.json"))
    told = json.loads(body)
    assert hashlib.sha256(body).hexdigest() == release.document.sha256
    assert (told["schema"], told["release"], told["note"]) == (1, 1, "Our first.")
    [shown] = told["boards"]
    assert (shown["test_set"], shown["digest"]) == ("en-fr", board.digest)
    assert [(row["place"], row["system"], row["team"]) for row in shown["rows"]] == [
        ("1", "Alpha", "Papagei"), ("2", "Beta", "Kolibri")
    ]  # fmt: skip
    assert shown["rows"][0]["scores"]["term-success"] == 80.5
    assert shown["columns"][0]["signature"].startswith("scorer:term-success|v:1")


def test_nothing_that_happens_later_changes_it(client, board, release_it, teams, alice):
    release_it()
    before = client.get(ADDRESS).content, b"".join(client.get(f"{ADDRESS}/release.json"))

    teams[0].name = "Renamed"
    teams[0].save()
    Team.objects.filter(pk=teams[1].pk).update(is_verified=False)
    type(board).objects.update(official_order=["chrf++"])
    fill(board, alice, [Made(teams[0], "Gamma", 99.0)])
    build(board)

    assert "Renamed" in client.get("/boards/spring/test/en-fr").text
    assert (client.get(ADDRESS).content, b"".join(client.get(f"{ADDRESS}/release.json"))) == before


@pytest.mark.parametrize(
    "change",
    ["number = 7", "note = 'x'", "document_id = document_id + 1", "public_at = made_at",
     "names_teams = NOT names_teams", "phase_id = phase_id + 1"],
)  # fmt: skip
def test_the_database_refuses_to_change_it(change, phase, release_it):
    move(phase, board_at=5)
    release_it(is_now=False)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE leaderboard_release SET {change}")


def test_the_database_refuses_to_delete_what_is_public(release_it):
    release = release_it()

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        release.delete()


def test_before_its_date_only_organisers_see_it(client, phase, release_it, organiser, alice):
    move(phase, board_at=5)
    release = release_it(is_now=False)
    assert release.public_at == Phase.objects.get().board_at
    for person in (None, alice):
        if person:
            client.force_login(person)
        statuses = [client.get(ADDRESS + end).status_code for end in ("", "/release.json")]
        assert statuses == [404, 404]
    client.force_login(organiser)
    assert "Hidden from others" in client.get(ADDRESS).text
    assert "Release 1" not in client.get("/boards/spring/test/en-fr").text


def test_a_release_that_is_public_with_its_phase_appears_at_that_instant(
    client, phase, release_it, monkeypatch
):
    move(phase, board_at=5, team_names_at=5)
    release_it(is_now=False)
    later = timezone.now() + timedelta(hours=6)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)

    assert "Papagei" in client.get(ADDRESS).text
    assert "Release 1" in client.get("/boards/spring/test/en-fr").text


def test_it_holds_what_the_embargo_allows_at_its_date(client, phase, release_it):
    move(phase, board_at=5, team_names_at=6)

    release = release_it(is_now=False)

    with storage.open_file(release.document) as stream:
        text = stream.read().decode()
    assert not any(word in text for word in ("Papagei", "Kolibri", "Alpha", "Beta"))
    assert '"1"' in text


def test_now_moves_the_dates_that_are_set(phase, release_it):
    move(phase, board_at=5, team_names_at=5)
    release_it()

    phase.refresh_from_db()
    assert phase.board_at == phase.team_names_at == Release.objects.get().public_at
    assert {event.object_type for event in AuditEvent.objects.all()} == {
        "sharedtasks.phase", "leaderboard.release"
    }  # fmt: skip


def test_a_hidden_board_hides_its_releases(client, phase, release_it):
    release_it()
    Phase.objects.update(team_names_at=None)
    assert client.get(ADDRESS).status_code == 404


def test_its_number_is_used_again_when_it_is_taken_back(phase, release_it):
    move(phase, board_at=5)
    take_back(actor=OPERATOR, release=release_it(is_now=False))
    release = release_it()

    assert release.number == 1
    with pytest.raises(ReleaseRefused, match="only be withdrawn"):
        take_back(actor=OPERATOR, release=release)


def test_a_second_release_puts_a_banner_on_the_first(client, release_it):
    release_it()
    release_it(erratum="A reference was wrong.")

    assert "replaced by" in client.get(ADDRESS).text
    assert "A reference was wrong." in client.get("/tasks/spring/test/releases/2").text
    board = client.get("/boards/spring/test/en-fr").text
    assert "Release 2" in board
    assert "erratum" in board


def test_withdrawn_it_shows_the_reason_and_nothing_else(client, release_it):
    release = release_it()
    with pytest.raises(ReleaseRefused, match="Say why"):
        withdraw(actor=OPERATOR, release=release, reason=" ")
    withdraw(actor=OPERATOR, release=release, reason="Wrong sources.")

    page = client.get(ADDRESS).text
    assert "Wrong sources." in page
    assert "Papagei" not in page
    assert client.get(f"{ADDRESS}/release.json").status_code == 404
    with pytest.raises(ReleaseRefused, match="is withdrawn"):
        withdraw(actor=OPERATOR, release=release, reason="Again.")
    assert AuditEvent.objects.filter(action="withdrawn", reason="Wrong sources.").count() == 1


def test_it_waits_for_what_is_unfinished(phase, board, release_it):
    entry = Entry.objects.earliest("pk")
    Entry.objects.filter(pk=entry.pk).update(state="scoring")
    BoardRanges.objects.update(results_version=0)

    with pytest.raises(ReleaseRefused) as refusal:
        release_it()

    assert refusal.value.messages == [
        f"Unfinished entries block the release: 1 of 2. Oldest: {entry.pk}.",
        "The ranges of places on en-fr are not computed yet: they follow when the board has been "
        "quiet.",
    ]
    assert not Release.objects.exists()


def test_the_checklist_finds_what_somebody_has_to_decide(
    phase, board, make_bare_test_set, alice, teams, stored_file
):
    unknown = Team.objects.create(name="Unknown", slug="unknown")
    other = make_bare_test_set(target_language="de")
    fill(other, alice, [Made(unknown, "Omega", is_primary=True), Made(teams[0], "Alpha-2")])
    compute_ranges(other)
    Entry.objects.filter(system="Alpha-2").update(hypotheses=stored_file)

    found = {check.key: check for check in make_checklist(phase)}

    decide = {key for key, check in found.items() if check.result == Result.DECIDE}
    assert decide == {"boards", "identical", "unverified", "primaries"}
    assert found["unverified"].sentences == ["Unknown, 1 entry: not in the release"]
    assert found["primaries"].sentences == ["Papagei on en-de: 1 scored, none primary"]
    assert found["boards"].sentences == ["No system is ranked on en-de."]
    with pytest.raises(ReleaseRefused, match="say why") as refusal:
        publish(actor=OPERATOR, phase=phase, is_now=True, decisions={"boards": "It is empty."})
    assert len(refusal.value.messages) == 3
