"""From draft to announced to retired: who may do it, who sees it, and what it leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from audit.recording import Actor
from sharedtasks import models
from sharedtasks.models import DateChange, Phase, SharedTask
from sharedtasks.services import announcing, phases
from sharedtasks.states import TRANSITIONS, State

pytestmark = pytest.mark.django_db

COMMAND = Actor.of_command("test")
DAY = timedelta(days=1)
REASON = "Replaced by version 2."


@pytest.fixture
def drafts(phase, make_test_set):
    """A shared task with a phase and a test set, all drafts."""
    test_set = make_test_set()
    for row in test_set.lineage:
        type(row).objects.update(state="draft")
    test_set.refresh_from_db()
    return test_set


# Announcing -------------------------------------------------------------------------------


def test_parts_are_announced_by_choice_and_parents_come_first(drafts, client):
    task, phase = drafts.phase.shared_task, drafts.phase
    with pytest.raises(ValidationError, match="Announce Spring edition, too"):
        announcing.announce(actor=COMMAND, task=task, parts=[phase])
    with pytest.raises(ValidationError, match="Test phase, too"):
        announcing.announce(actor=COMMAND, task=task, parts=[task, drafts])
    assert client.get("/tasks/spring/").status_code == 404  # nothing was announced by half

    announcing.announce(actor=COMMAND, task=task, parts=[phase, task])

    assert client.get("/tasks/spring/").status_code == 200
    assert "en-fr" not in client.get("/tasks/spring/").text
    assert client.get(drafts.get_absolute_url()).status_code == 404

    announcing.announce(actor=COMMAND, task=task, parts=[drafts])
    announcing.announce(actor=COMMAND, task=task, parts=[drafts])  # once more changes nothing

    assert client.get(drafts.get_absolute_url()).status_code == 200
    events = AuditEvent.objects.filter(action="announced").order_by("pk")
    assert [event.changes for event in events] == [{"state": ["draft", "announced"]}] * 3
    assert [event.object_type.split(".")[1] for event in events] == [
        "sharedtask", "phase", "testset"
    ]  # fmt: skip


def test_a_part_of_another_shared_task_is_not_announced(drafts):
    other = SharedTask.objects.create(slug="autumn", name="Autumn")

    with pytest.raises(ValidationError, match="is not a part of Autumn"):
        announcing.announce(actor=COMMAND, task=other, parts=[other, drafts])

    assert SharedTask.objects.get(slug="autumn").state == State.DRAFT


OWNERS_ONLY = {
    "announce": lambda actor, row: announcing.announce(
        actor=actor, task=row.phase.shared_task, parts=[row]
    ),
    "retire": lambda actor, row: announcing.retire(actor=actor, row=row, reason=REASON),
    "put back": lambda actor, row: announcing.put_back(actor=actor, row=row),
    "delete": lambda actor, row: announcing.delete(actor=actor, row=row),
}


@pytest.mark.parametrize("act", OWNERS_ONLY.values(), ids=OWNERS_ONLY)
@pytest.mark.parametrize("role", ["alice", "organiser", "observer", "outsider", "staff"])
def test_only_an_owner_does_it(request, test_set, act, role):
    with pytest.raises(PermissionDenied):
        act(Actor.of(request.getfixturevalue(role)), test_set)

    test_set.refresh_from_db()
    assert test_set.state == State.ANNOUNCED
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("role", ["alice", "observer", "outsider", "staff"])
def test_only_owners_and_organisers_change_a_phase(request, phase, role):
    actor = Actor.of(request.getfixturevalue(role))

    with pytest.raises(PermissionDenied):
        phases.pause(actor=actor, phase=phase, reason=REASON)


# Retiring and deleting --------------------------------------------------------------------


def test_what_is_retired_leaves_the_lists_and_stays_at_its_address(
    client, alices, make_test_set, make_scored_entry, test_set
):
    entry = make_scored_entry()
    other = make_test_set(mode="noterm")
    announcing.retire(actor=COMMAND, row=test_set, reason=REASON)

    for page in ("/tasks/spring/", other.get_absolute_url(), "/"):
        assert f'href="{test_set.get_absolute_url()}"' not in client.get(page).text, page
    for page in (test_set.get_absolute_url(), entry.get_absolute_url()):
        assert REASON in alices.get(page).text, page
    form = alices.get(reverse("submit", args=["spring", "test"])).context["form"]
    assert [label for _, label in form.fields["test_set"].choices][1:] == [
        "English → French (en-fr.noterm)"
    ]

    announcing.put_back(actor=COMMAND, row=test_set)

    assert test_set.get_absolute_url() in client.get("/tasks/spring/").text


@pytest.mark.parametrize("parent", [1, 2], ids=["phase", "shared task"])
def test_nothing_new_is_taken_where_a_parent_is_retired(
    client, alices, test_set, make_submission, parent
):
    submission = make_submission()
    announcing.retire(actor=COMMAND, row=test_set.lineage[parent], reason=REASON)

    with pytest.raises(ValidationError, match=f"because it was retired: {REASON}"):
        make_submission(system="Later")
    for page in (test_set.get_absolute_url(), submission.get_absolute_url()):
        assert REASON in alices.get(page).text, page
    assert test_set.get_absolute_url() not in client.get("/").text


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_reason_is_wanted(test_set, reason):
    with pytest.raises(ValidationError, match="reason"):
        announcing.retire(actor=COMMAND, row=test_set, reason=reason)


@pytest.mark.parametrize("old", State)
def test_only_the_transitions_of_the_table_are_made(test_set, old):
    columns = {"retired_at": timezone.now(), "retired_reason": REASON} if old == "retired" else {}
    models.TestSet.objects.update(state=old, **columns)
    moves = {
        State.ANNOUNCED: lambda: announcing.put_back(actor=COMMAND, row=test_set),
        State.RETIRED: lambda: announcing.retire(actor=COMMAND, row=test_set, reason=REASON),
    }
    if old == State.DRAFT:  # announced by `announce` only
        del moves[State.ANNOUNCED]

    for new, move in moves.items():
        if new in TRANSITIONS[old]:
            continue
        with pytest.raises(ValidationError):
            move()

    assert models.TestSet.objects.get().state == old


def test_the_database_wants_a_reason_too(test_set):
    with pytest.raises(IntegrityError), transaction.atomic():
        models.TestSet.objects.update(state="retired")


def test_what_holds_a_teams_entry_cannot_be_deleted_and_the_rest_can(make_scored_entry, phase):
    make_scored_entry()
    with pytest.raises(ValidationError, match="It can be retired"):
        announcing.delete(actor=COMMAND, row=phase)
    other = phases.create_phase(
        actor=COMMAND, task=phase.shared_task, slug="other",
        values={"name": "Other", "opens_at": timezone.now()},
    )  # fmt: skip

    announcing.delete(actor=COMMAND, row=other)

    assert [row.slug for row in Phase.objects.all()] == ["test"]


# Dates ------------------------------------------------------------------------------------


def test_a_moved_date_shows_old_and_new(client, phase):
    old, new = phase.closes_at, phase.closes_at + 2 * DAY
    phases.change_phase(actor=COMMAND, phase=phase, values={"closes_at": new, "board_at": None},
                        is_meant=True)  # fmt: skip

    text = " ".join(client.get("/tasks/spring/").text.split())

    assert f'moved from <time datetime="{old:%Y-%m-%dT%H:%M:%S}+00:00">' in text
    assert [(row.field, row.old, row.new) for row in DateChange.objects.order_by("field")][1:] == [
        ("closes_at", old, new)
    ]
    [event] = AuditEvent.objects.all()
    assert event.changes.keys() == {"closes_at", "board_at"}


def test_nobody_has_read_the_dates_of_a_draft(phase):
    Phase.objects.update(state="draft")

    phases.change_phase(
        actor=COMMAND, phase=phase, values={"closes_at": phase.closes_at + DAY}, is_meant=True
    )

    assert not DateChange.objects.exists()


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"kind": "blind"}, {"own_scores_at", "board_at", "team_names_at"}),
        ({"references_at": timezone.now()}, {"references_at"}),
        ({"board_at": None}, {"board_at"}),
    ],
)
def test_what_makes_no_sense_is_asked_about_and_not_refused(phase, columns, names):
    with pytest.raises(phases.ConfirmationNeeded) as raised:
        phases.change_phase(actor=COMMAND, phase=phase, values=columns)
    assert {doubt.name for doubt in raised.value.doubts} == names
    assert not AuditEvent.objects.exists()

    phases.change_phase(actor=COMMAND, phase=phase, values=columns, is_meant=True)

    phases.change_phase(actor=COMMAND, phase=phase, values={"name": "Renamed"})  # not asked again
    assert AuditEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"grace_minutes": 61}, "60"),
        ({"closes_at": timezone.now() - 300 * DAY}, "closes after it opens"),
        ({"run_limits": {"speed": 1}}, "some of these"),
        ({"name": ""}, "blank"),
    ],
)
def test_what_cannot_be_is_refused(phase, columns, words):
    with pytest.raises(ValidationError, match=words):
        phases.change_phase(actor=COMMAND, phase=phase, values=columns, is_meant=True)
