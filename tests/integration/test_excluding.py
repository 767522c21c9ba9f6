"""Entries that organisers leave out of ranks: services, board, downloads, ranges, entry page."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Team
from audit.actions import Action
from audit.models import AuditEvent
from audit.recording import Actor
from leaderboard import boards
from leaderboard.comparing import RankedStatistics
from leaderboard.models import BoardSnapshot
from leaderboard.releases.documents import build_document
from leaderboard.releases.reading import ReleasedExclusion, read_released_board
from leaderboard.snapshots import Board
from sharedtasks.models import Phase
from submissions.models import Entry
from submissions.pipeline.scoring import _make_primary_if_wanted
from submissions.services import choosing, exclusion, flags
from tests.integration.board_rows import Made, build, fill

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
REASON = "=Same outputs as another entry"


@pytest.fixture
def entries(make_bare_test_set, alice):
    """Three ranked systems, best first; the first is the team's that alice is a member of."""
    own = Team.objects.get(members=alice)
    teams = [Team.objects.create(name=f"Team {n}", slug=f"t{n}", is_verified=True) for n in (1, 2)]
    rows = [
        Made(team, f"System {n}", 90 - n, is_primary=True) for n, team in enumerate([own, *teams])
    ]
    return fill(make_bare_test_set(), alice, rows)


@pytest.fixture
def exclude(owner):
    def exclude(entry, reason=REASON):
        exclusion.exclude(entry=entry, actor=Actor.of(owner), reason=reason)
        boards.rebuild(entry.test_set_id)

    return exclude


def places(client):
    rows = client.get(f"{BOARD}/board.json").json()["rows"]
    return [(row["place"], row["system"]) for row in rows]


def test_it_leaves_places_and_is_listed_apart_with_the_reason(client, entries, exclude):
    exclude(entries[0])

    body = client.get(f"{BOARD}/board.json").json()
    page = client.get(BOARD).text

    assert places(client) == [("1", "System 1"), ("2", "System 2")]
    apart = [(row["kind"], row["system"], row["excluded_reason"]) for row in body["excluded"]]
    assert apart == [("excluded", "System 0", REASON)]
    assert "scores" not in body["excluded"][0]
    rows = list(csv.DictReader(StringIO(client.get(f"{BOARD}/board.csv").text)))
    assert [(row["place"], row["kind"]) for row in rows] == [
        *(("1", "system"), ("2", "system"), ("", "excluded"))
    ]
    assert rows[2]["excluded_reason"] == f"'{REASON}"
    assert rows[2]["term-success"] == ""
    table, _, apart = page.partition("Left out of places and ranges")
    assert "System 0" not in table
    assert REASON in apart
    assert "90.0" not in page


def test_it_takes_no_part_in_ranges_and_in_the_choice_of_signatures(entries, exclude):
    for entry in entries[1:]:
        exclude(entry)
    snapshot = BoardSnapshot.objects.get()
    board = Board.from_json(snapshot.body, snapshot.teams)

    ranked = RankedStatistics.of(board)
    assert len(ranked.files) + ranked.missing == 1

    exclude(entries[0])

    assert BoardSnapshot.objects.get().body["signatures"] == {}


def test_put_back_it_has_its_rank_again(client, entries, exclude, owner):
    exclude(entries[0])
    exclusion.put_back(entry=entries[0], actor=Actor.of(owner))
    boards.rebuild(entries[0].test_set_id)

    assert places(client)[0] == ("1", "System 0")
    events = AuditEvent.objects.filter(object_key=str(entries[0].pk)).order_by("pk")
    assert [event.action for event in events] == [Action.EXCLUDED, Action.PUT_BACK]
    assert events[0].reason == REASON
    assert [event.changes for event in events] == [
        *({"excluded": [False, True]}, {"excluded": [True, False]})
    ]
    changes = [change.reason for change in entries[0].changes.all()]
    assert changes == [f"excluded from the board: {REASON}", "put back on the board"]


def test_a_blind_board_names_neither_it_nor_the_reason(client, entries, exclude, alice):
    Phase.objects.update(team_names_at=timezone.now() + timedelta(days=1))
    exclude(entries[0], "Copied by Team 1")
    blind = [client.get(BOARD + end).text for end in ("", "/board.json", "/board.csv")]
    client.force_login(alice)
    own = client.get(BOARD).text

    assert all("xcluded" in text for text in blind)
    assert not any("System 0" in text or "Copied by" in text for text in blind)
    assert "System 0" in own
    assert "Copied by Team 1" in own


def test_a_release_lists_it_apart_as_its_board_does(phase, entries, exclude):
    exclude(entries[0])
    now = timezone.now()

    body = build_document(phase, number=1, made_at=now, public_at=now).body
    board = read_released_board(json.loads(json.dumps(body["boards"], default=str))[0])

    assert [(row.place, row.system) for row in board.systems] == [
        *(("1", "System 1"), ("2", "System 2"))
    ]
    assert board.excluded == [ReleasedExclusion("System 0", entries[0].team.name, REASON)]


def test_an_excluded_entry_of_a_team_that_is_not_verified_is_hidden(client, entries, exclude):
    exclude(entries[1])
    Team.objects.filter(slug="t1").update(is_verified=False)
    build(entries[1].test_set)

    assert client.get(f"{BOARD}/board.json").json()["excluded"] == []


def test_its_page_tells_the_team_the_reason(alices, entries, exclude):
    exclude(entries[0])

    page = alices.get(entries[0].get_absolute_url()).text

    assert "Excluded from the board" in page
    assert REASON in page


def test_what_cannot_be_excluded_says_why(entries, owner, make_bare_test_set):
    actor = Actor.of(owner)
    point = Entry.objects.create(
        kind="oracle", system="Reference", test_set=entries[0].test_set, state="failed"
    )
    choosing.withdraw(entry=entries[1], actor=owner)
    exclusion.exclude(entry=entries[2], actor=actor, reason="Late.")
    for entry, why in [
        (point, "belongs to the test set"), (entries[1], "withdrawn"), (entries[2], "already"),
    ]:  # fmt: skip
        with pytest.raises(ValidationError, match=why):
            exclusion.exclude(entry=entry, actor=actor, reason="Late.")
    with pytest.raises(ValidationError, match="Give a reason"):
        exclusion.exclude(entry=entries[0], actor=actor, reason="")
    with pytest.raises(ValidationError, match="not excluded"):
        exclusion.put_back(entry=entries[0], actor=actor)
    with pytest.raises(ValidationError, match="nor excluded"):
        choosing.make_primary(entry=entries[2], actor=owner)


def test_an_entry_excluded_while_it_is_scored_does_not_become_primary(entries, exclude):
    entries[2].submission.wants_primary = True
    Entry.objects.filter(pk=entries[2].pk).update(is_primary=False)
    exclude(entries[2])

    _make_primary_if_wanted(entries[2])

    assert not Entry.objects.get(pk=entries[2].pk).is_primary


def test_a_flag_has_a_note_that_teams_do_not_see(alices, entries, owner):
    actor, entry = Actor.of(owner), entries[0]
    with pytest.raises(ValidationError, match="Write a note"):
        flags.flag(entry=entry, actor=actor, note="")
    flags.flag(entry=entry, actor=actor, note="Looks like a copy")

    assert "Looks like a copy" not in alices.get(entry.get_absolute_url()).text

    entry.refresh_from_db()
    flags.unflag(entry=entry, actor=actor)
    events = AuditEvent.objects.filter(object_key=str(entry.pk)).order_by("pk")
    assert [event.changes["note"] for event in events] == [
        *(["", "Looks like a copy"], ["Looks like a copy", ""])
    ]
    entry.refresh_from_db()
    with pytest.raises(ValidationError, match="no flag"):
        flags.unflag(entry=entry, actor=actor)
