"""A board as JSON and as CSV."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.utils import timezone

from accounts.models import Team
from tests.integration.board_rows import Made, fill

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
SYSTEMS = {"=SUM(A1)": (80.25, 51.5), "Néo, 2": (80.0, 50.0), "tied": (80.25, 51.5)}


@pytest.fixture
def board(make_bare_test_set, alice):
    """Three ranked systems, a contrastive entry, and a system that nobody may see yet."""
    test_set = make_bare_test_set(official_order=["chrf++", "term-success"])
    rows = []
    for number, (system, values) in enumerate(SYSTEMS.items()):
        team = Team.objects.create(name=f"Team {number}", slug=f"t{number}", is_verified=True)
        scores = dict(zip(("term-success", "chrf++"), values, strict=True)) | {"wmt21-1-term": -0.5}
        rows.append(Made(team, system, scores, is_primary=True))
    rows.append(Made(team, "variant", {"term-success": 1 / 3, "chrf++": 1.0}))
    unknown = Team.objects.create(name="Unknown", slug="unknown")
    rows.append(Made(unknown, "hidden", 99.0, is_primary=True))
    fill(test_set, alice, rows)
    return test_set


def test_they_hold_places_and_every_digit(client, board):
    body = client.get(f"{BOARD}/board.json").json()

    assert body["official_order"] == ["chrf++", "term-success"]
    placed = [(row["place"], row["system"]) for row in body["rows"]]
    assert placed == [("1=", "=SUM(A1)"), ("1=", "tied"), ("3", "Néo, 2"), ("", "variant")]
    assert body["rows"][-1]["scores"]["term-success"] == 1 / 3
    assert body["rows"][-1]["scores"]["wmt21-1-term"] is None
    assert set(body["metrics"]) == set(body["rows"][0]["scores"])

    response = client.get(f"{BOARD}/board.csv")
    rows = list(csv.DictReader(StringIO(response.text)))
    assert [row["place"] for row in rows] == ["1=", "1=", "3", ""]
    assert [row["system"] for row in rows] == ["'=SUM(A1)", "tied", "Néo, 2", "variant"]
    assert [row["wmt21-1-term"] for row in rows] == ["-0.5", "-0.5", "-0.5", ""]
    assert float(rows[-1]["term-success"]) == 1 / 3
    assert 'filename="spring.test.en-fr.csv"' in response["Content-Disposition"]
    assert "max-age=10" in response["Cache-Control"]


def test_they_hold_more_rows_than_a_page(client, board, alice):
    team = Team.objects.get(slug="t0")
    fill(board, alice, [Made(team, f"System {number}") for number in range(230)])

    assert len(client.get(f"{BOARD}/board.json").json()["rows"]) == 234


def test_they_tell_no_more_than_the_page(client, board, phase, as_role):
    later = timezone.now() + timedelta(hours=1)
    type(phase).objects.update(team_names_at=later)
    for ending in ("json", "csv"):
        text = client.get(f"{BOARD}/board.{ending}").text
        assert not any(word in text for word in ("Team", "SUM", "tied", "variant", "hidden"))
    assert client.get(f"{BOARD}/board.json").json()["rows"][0]["place"] == "1="
    type(phase).objects.update(board_at=later)
    for ending in ("json", "csv"):
        assert client.get(f"{BOARD}/board.{ending}").status_code == 404
        assert client.get(f"/boards/spring/test/en-xx/board.{ending}").status_code == 404


def test_a_board_without_systems_is_a_heading(client, make_bare_test_set, alice):
    for slug in ("de", "cs"):
        test_set = make_bare_test_set(target_language=slug)
        fill(test_set, alice, [])
        text = client.get(f"/boards/spring/test/en-{slug}/board.csv").text
        assert [row.split(",")[:2] for row in text.splitlines()] == [["place", "range"]]
        assert client.get(f"/boards/spring/test/en-{slug}/board.json").json()["rows"] == []
