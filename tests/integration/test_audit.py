"""The log: only ever added to, in the words of the time, and read as sentences."""

from __future__ import annotations

import os
import pwd
import socket
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from accounts.models import Team
from audit import recording, triggers
from audit.actions import Action, Way
from audit.models import AuditEvent
from audit.queries import EventFilter, build_sentence, select_events
from audit.recording import Actor, record_event
from sharedtasks.organisers import Organiser
from tests.integration.actors import OPERATOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(team, organiser):
    changes = {"is_verified": (False, True)}
    record_event(actor=Actor.of(organiser), action=Action.VERIFIED, row=team, changes=changes)
    return AuditEvent.objects.get()


# Only ever added to ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda event: AuditEvent.objects.update(reason="nothing happened"),
        lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda event: event.save(),
        lambda event: event.delete(),
    ],
    ids=["update", "delete many", "save", "delete one"],
)
def test_the_database_refuses_to_change_an_event(event, change):
    with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic():
        change(event)

    assert AuditEvent.objects.get().reason == ""


def test_the_refusal_can_be_undone_and_made_again(event):
    with connection.cursor() as cursor:
        for statement in triggers.write_removal(connection.vendor):
            cursor.execute(statement)
        assert AuditEvent.objects.update(reason="corrected") == 1
        for statement in triggers.write_creation(connection.vendor):
            cursor.execute(statement)

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.all().delete()


def test_an_event_outlives_its_actor_and_its_object(event, organiser, team):
    team.delete()
    Organiser.objects.filter(user=organiser).delete()
    organiser.delete()

    event = AuditEvent.objects.get()
    assert (event.actor_name, event.object_label) == ("organiser", "Lexica")
    assert str(build_sentence(event)).startswith("organiser (page): team Lexica, verified")


def test_an_event_outside_the_transaction_of_its_change_is_refused(team, monkeypatch):
    monkeypatch.setattr(connection, "in_atomic_block", False)

    with pytest.raises(TransactionManagementError):
        record_event(actor=OPERATOR, action=Action.VERIFIED, row=team)


def test_an_event_is_gone_with_a_change_that_is_undone(team):
    with transaction.atomic():
        record_event(actor=OPERATOR, action=Action.VERIFIED, row=team)
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "columns",
    [
        {"actor_name": ""},
        {"actor_id": None},
        {"command": "requeue"},
        {"way": Way.COMMAND},
        {"way": "mail"},
        {"way": Way.PLATFORM},
        {"action": ""},
    ],
)
def test_the_database_refuses_an_event_that_does_not_say_who(organiser, columns):
    values = {"way": Way.SITE, "actor_id": organiser.pk, "actor_name": "o", "action": "verified"}

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.create(**values | columns)


# Who and what ---------------------------------------------------------------------------------


def test_a_command_is_done_by_the_operating_systems_user_on_a_host():
    actor = Actor.of_command("requeue")

    assert actor.name == pwd.getpwuid(os.getuid()).pw_name
    assert (actor.host, actor.command, actor.user) == (socket.gethostname(), "requeue", None)


def test_a_user_that_the_system_has_no_name_for_is_a_number(monkeypatch):
    monkeypatch.setattr(recording.os, "getuid", lambda: 2**31 - 3)

    assert Actor.of_command("requeue").name == "user 2147483645"


def test_the_shared_task_is_that_of_the_row(make_scored_entry):
    entry = make_scored_entry()
    phase = entry.test_set.phase
    rows = [entry, entry.submission, entry.test_set, phase, phase.shared_task, entry.team]
    rows.append(entry.test_set.terminology_mode)

    for row in rows:
        record_event(actor=OPERATOR, action=Action.CHANGED, row=row)

    told = {event.object_type: event.task for event in AuditEvent.objects.filter(action="changed")}
    assert told.pop("accounts.team") == ""
    assert set(told.values()) == {"spring"}
    assert len(told) == len(rows) - 1


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (datetime(2026, 7, 24, 23, 59, tzinfo=UTC), "2026-07-24 23:59:00 UTC"),
        (["bleu", "chrf"], "bleu, chrf"),
        ({"wall_time": 3600}, "wall_time: 3600"),
        (Team(name="Lexica"), "Lexica"),
        ("## Rules\n\n- one\n", "## Rules - one"),
        ("a" * 5000, "a" * 999 + "…"),
        # What could command a terminal, turn a line around or hide in it.
        ("\x1b[2Jgone", "�[2Jgone"),
        ("abc\u202etxt", "abc�txt"),
        ("a\u2066b\u200bc\x00d", "a�b�c�d"),
        ("=cmd|' /C calc'!A1<b>\\input{x}", "=cmd|' /C calc'!A1<b>\\input{x}"),  # outputs escape
        ("نمی\u200cدانم 👩\u200d💻", "نمی\u200cدانم 👩\u200d💻"),
    ],
)
def test_a_value_is_plain_bounded_text(team, value, kept):
    record_event(
        actor=OPERATOR, action=Action.CHANGED, row=team, changes={"field": (None, value)},
        reason=value if isinstance(value, str) else "",
    )  # fmt: skip

    event = AuditEvent.objects.get()
    assert event.changes == {"field": [None, kept]}
    assert event.reason in ("", kept)


def test_a_hostile_label_does_not_reach_the_log(team):
    team.name = "Lex\x1b]0;\u202eica" + "x" * 500

    record_event(actor=OPERATOR, action=Action.CHANGED, row=team)

    label = AuditEvent.objects.get().object_label
    assert label.isprintable()
    assert len(label) == 300


# Reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "action", "changes", "reason", "sentence"),
    [
        ("organiser", Action.VERIFIED, {"is_verified": (False, True)}, "",
         "organiser (page): team Lexica, verified: is verified no → yes"),
        ("command", Action.CHANGED, {"name": ("", "Lexica")}, "By mail",
         "deploy on web-1 (manage.py requeue): team Lexica, changed: name empty → Lexica: By mail"),
        ("admin", Action.CHANGED, {"a": (None, 1), "b_c": (2, 3)}, "",
         "organiser (admin panel): team Lexica, changed: a none → 1; b c 2 → 3"),
        ("platform", Action.CHANGED, {}, "", "the platform (sweep): team Lexica, changed"),
        ("admin", Action.DELETED, {}, "", "organiser (admin panel): team Lexica, deleted"),
    ],
)  # fmt: skip
def test_an_event_is_a_sentence(team, organiser, actor, action, changes, reason, sentence):
    actors = {
        "organiser": Actor.of(organiser),
        "admin": Actor.of(organiser, way=Way.ADMIN),
        "platform": Actor.of_platform("sweep"),
        "command": Actor("deploy", Way.COMMAND, host="web-1", command="requeue"),
    }

    record_event(actor=actors[actor], action=action, row=team, changes=changes, reason=reason)

    assert str(build_sentence(AuditEvent.objects.get())) == sentence


def test_the_kind_of_an_object_is_named_once(make_scored_entry):
    record_event(actor=OPERATOR, action=Action.REQUEUED, row=make_scored_entry(system="Moss"))

    what = build_sentence(AuditEvent.objects.get(action="requeued")).what
    assert what.endswith(": Moss on en-fr, requeued")
    assert what.count("entry") == 1


NOW = timezone.now()
FILTERS = [
    ({}, "dcba"),
    ({"task": "spring"}, "a"),
    ({"task": "spring", "teams": "Lexica"}, "dca"),  # a team that takes part
    ({"actor": "organiser"}, "ca"),
    ({"way": Way.COMMAND}, "db"),
    ({"action": Action.VERIFIED}, "dc"),
    ({"object_type": "accounts.team"}, "dcb"),
    ({"words": "power CUT"}, "b"),
    ({"words": "power missing"}, ""),
    ({"words": "Lexi"}, "dc"),
    ({"words": "wmt-title"}, "a"),
    ({"words": "100%"}, ""),
    ({"since": NOW - timedelta(hours=2)}, "dc"),
    ({"until": NOW - timedelta(hours=2)}, "ba"),
    ({"since": NOW - timedelta(hours=3), "until": NOW - timedelta(hours=1)}, "cb"),
]


@pytest.mark.parametrize(("chosen", "expected"), FILTERS)
def test_events_are_chosen_newest_first(phase, team, other_team, organiser, chosen, expected):
    person = Actor.of(organiser)
    rows = [
        ("a", 4, person, Action.CHANGED, phase, {"title": ("", "wmt-title")}, ""),
        ("b", 3, OPERATOR, Action.CHANGED, other_team, {}, "A power cut"),
        ("c", 2, person, Action.VERIFIED, team, {}, ""),
        ("d", 1, OPERATOR, Action.VERIFIED, team, {}, ""),
    ]
    names = {}
    for name, hours, actor, action, row, changes, reason in rows:
        event = AuditEvent.objects.create(
            at=NOW - timedelta(hours=hours), way=actor.way, actor=actor.user,
            actor_name=actor.name, host=actor.host, command=actor.command, action=action,
            object_type=row._meta.label_lower, object_key=row.pk, object_label=str(row),
            task=getattr(row, "task_slug", ""), changes=changes, reason=reason,
        )  # fmt: skip
        names[event.pk] = name
    if chosen.get("teams"):
        chosen = chosen | {"teams": [team.pk]}

    events = select_events(EventFilter(**chosen))

    assert "".join(names[event.pk] for event in events) == expected
