"""The log page of a shared task: sentences, filter, pages, and CSV that computes nothing."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.db import transaction

from audit.actions import Action
from audit.models import AuditEvent
from audit.recording import Actor, record_event
from organise import event_log

pytestmark = pytest.mark.django_db

LOG = "/organise/spring/log"
HOSTILE = ["=1+1", "\t=cmd()", "＝1", "@SUM(A1)", "<b>x</b>", "a\u202eb", "\x1b[31m"]
MOST_QUERIES = 14


@pytest.fixture
def events(phase, owner, organiser):
    """Three events, the last by the organiser."""
    for day, person in enumerate([owner, owner, organiser], start=1):
        with transaction.atomic():
            record_event(
                actor=Actor.of(person), action=Action.PAUSED if day == 1 else Action.CHANGED,
                row=phase, changes={"closes_at": ("none", f"day {day}")}, reason=f"Reason {day}",
            )  # fmt: skip


@pytest.fixture
def dated(phase, owner):
    """Events of three days."""
    rows = []
    for day in (1, 2, 3):
        rows.append(
            AuditEvent.objects.create(
                at=datetime(2026, 7, day, 23, 30, tzinfo=UTC), way="site", actor=owner,
                actor_name="owner", action="changed", object_type="sharedtasks.phase",
                object_key=str(phase.pk), object_label="Test", task="spring", reason=f"Day {day}",
            )
        )  # fmt: skip
    return rows


def reasons(client, query=""):
    rows = client.get(f"{LOG}?{query}").context["rows"]
    return [sentence.reason for _, sentence in rows if sentence.reason]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Reason 3", "Reason 2", "Reason 1"]),
        ("who=organiser", ["Reason 3"]),
        ("action=paused", ["Reason 1"]),
        ("q=day+2", ["Reason 2"]),
        ("q=nothing+like+it", []),
    ],
)
def test_the_filter_shows_what_matches_newest_first(as_role, events, query, expected):
    assert reasons(as_role("observer"), query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("since=2026-07-02", ["Day 3", "Day 2"]),
        ("until=2026-07-02", ["Day 2", "Day 1"]),
        ("since=2026-07-02&until=2026-07-02", ["Day 2"]),
    ],
)
def test_days_are_whole_and_in_utc(as_role, dated, query, expected):
    assert reasons(as_role("owner"), query) == expected


def test_it_tells_who_did_what_from_what_to_what_and_why(as_role, events):
    text = as_role("owner").get(LOG).text

    assert "<del><bdi>none</bdi></del> → <strong><bdi>day 2</bdi></strong>" in text
    assert "paused</bdi>" in text
    assert "Reason 1" in text
    assert "post" not in text.partition("<main")[2]


def test_older_rows_follow_without_a_gap_or_a_repetition(
    as_role, dated, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(event_log, "ON_A_PAGE", 1)
    AuditEvent.objects.create(
        at=dated[1].at, way="command", actor_name="kim", host="web-1", command="announce",
        action="announced", object_type="sharedtasks.phase", object_key="1", object_label="Test",
        task="spring", reason="Same instant",
    )  # fmt: skip
    client, before, seen = as_role("owner"), "", []
    for _ in range(4):
        with django_assert_max_num_queries(MOST_QUERIES):
            page = client.get(f"{LOG}?since=2026-07-01&until=2026-07-03{before}")
        seen += [sentence.reason for _, sentence in page.context["rows"]]
        before = f"&before={page.context['last']}"

    assert seen == ["Day 3", "Same instant", "Day 2", "Day 1"]
    assert page.context["last"] is None


@pytest.mark.parametrize("query", ["since=yesterday", "who=nobody", "action=magic"])
def test_a_filter_that_is_wrong_says_so(as_role, events, query):
    response = as_role("owner").get(f"{LOG}?{query}")

    assert response.status_code == 422
    assert "errors" in response.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_in_csv_and_on_the_page(as_role, phase, owner, text):
    phase.name = text
    with transaction.atomic():
        record_event(
            actor=Actor.of(owner), action=Action.CHANGED, row=phase,
            changes={"name": ("a", text)}, reason=text,
        )  # fmt: skip
    client = as_role("owner")

    body = b"".join(client.get(f"{LOG}.csv")).decode()
    page = client.get(LOG).text

    rows = list(csv.DictReader(StringIO(body)))
    assert all(
        not cell.lstrip().startswith(("=", "＝", "@", "+", "-")) for cell in rows[0].values()
    )
    for output in (body, page):
        assert "\u202e" not in output
        assert "\x1b" not in output
    assert "<b>x</b>" not in page


def test_csv_holds_all_rows_that_match(as_role, dated, monkeypatch):
    monkeypatch.setattr(event_log, "ON_A_PAGE", 1)
    response = as_role("observer").get(f"{LOG}.csv?since=2026-07-02&until=2026-07-03")
    rows = list(csv.DictReader(StringIO(b"".join(response).decode())))

    assert [row["reason"] for row in rows] == ["Day 3", "Day 2"]
    assert rows[0]["time"] == "2026-07-03T23:30:00+00:00"
    assert rows[0]["what"] == "phase Test, changed"
    assert 'filename="spring.log.csv"' in response["Content-Disposition"]
