"""Lifting a quarantine frees the entries that it failed, and no others."""

from __future__ import annotations

import pytest
from django.utils import timezone

from audit.recording import Actor
from nodes.models import Run
from nodes.runs import claims, endings, quarantine, reporting, sweeping
from nodes.runs.claims import Offer
from nodes.runs.organising import Lifted, lift_quarantine
from nodes.runs.reporting import RunEnd
from submissions import work
from submissions.models import Entry
from submissions.services import requeueing
from submissions.states import ChangeKind, EntryState
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

CPU = Offer(cpus=4, memory=2**36, gpus=(), runtime="", version="1")


@pytest.fixture
def make(make_bare_test_set, team, alice):
    """Return a function that makes an entry of an image."""
    test_set = make_bare_test_set(version=7)
    return lambda **columns: waiting_entry(test_set, team, alice, **columns)


def quarantined(name="bad"):
    return image_row(name, quarantined_at=timezone.now(), nodes_lost=3)


def state(row):
    row.refresh_from_db()
    return row.state


def fail(entry, **columns):
    """Let an entry fail on our side, for no reason of its image."""
    work.move(entry, old=[entry.state], to=EntryState.FAILED, reason=quarantine.REASON)
    Entry.objects.filter(pk=entry.pk).update(**columns)
    return entry


def fail_again(entry, actor):
    """Let the quarantine fail an entry that is requeued then, and fails on our side."""
    sweeping.sweep_runs()
    image_row("bad", quarantined_at=None)
    requeueing.requeue_entry(entry=entry, actor=Actor.of(actor))
    quarantined()
    return fail(entry)


def withdraw(entry):
    sweeping.sweep_runs()
    Entry.objects.filter(pk=entry.pk).update(withdrawn_at=timezone.now())
    return entry


STAYS = {
    "failed on our side, in the same words": lambda make, actor: fail(make(image=quarantined())),
    "failed by it, then on our side": lambda make, actor: fail_again(
        make(image=quarantined()), actor
    ),
    "failed by it, then withdrawn": lambda make, actor: withdraw(make(image=quarantined())),
    "failed by another image's quarantine": lambda make, actor: make(image=quarantined("other")),
    "rejected": lambda make, actor: make(image=quarantined(), state="rejected"),
    "cancelled": lambda make, actor: make(image=quarantined(), state="cancelled"),
    "failed before there were timelines": lambda make, actor: make(
        image=quarantined(), state="failed"
    ),
}


@pytest.mark.parametrize("case", STAYS)
def test_what_a_quarantine_has_not_failed_stays(make, organiser, case):
    freed = make(image=quarantined())
    entry = STAYS[case](make, organiser)
    sweeping.sweep_runs()
    before = (state(entry), entry.changes.count())

    lifted = lift_quarantine([image_row("bad")], actor=Actor.of(organiser))

    assert (lifted, state(freed)) == (Lifted(images=1, entries=1), EntryState.WAITING)
    assert (state(entry), entry.changes.count()) == before
    assert entry.state not in (EntryState.WAITING, EntryState.RUNNING)


def test_what_ran_and_what_waited_wait_again_with_all_their_attempts(
    make, organiser, monkeypatch, django_capture_on_commit_callbacks
):
    image, told = image_row("bad"), []
    monkeypatch.setattr(work, "_tell_of_waiting", [told.append])
    entry, second = make(image=image), make(image=image)
    for number in range(quarantine.NODES_TO_QUARANTINE):
        run = claims.claim(node_row(f"lost-{number}"), CPU)
        Run.objects.filter(pk=run.pk).update(stage=Run.Stage.RUNNING)
        endings.lose(run.pk, reason="its lease ended")
    assert [state(one) for one in (entry, second)] == ["failed", "failed"]
    told.clear()
    work.record_note(second, reason="a note is no move")

    with django_capture_on_commit_callbacks(execute=True):
        lifted = lift_quarantine([image], actor=Actor.of(organiser))

    assert lifted == Lifted(images=1, entries=2)
    assert told == [entry.pk, second.pk]
    for one in (entry, second):
        assert state(one) == EntryState.WAITING
        lines = one.changes.exclude(kind=ChangeKind.NOTE)
        kinds = [(line.kind, line.actor) for line in lines][-2:]
        assert kinds == [("quarantined", None), ("requeued", organiser)]
    image.refresh_from_db()
    assert (image.quarantined_at, image.nodes_lost) == (None, 0)
    for number in range(2):  # the lost runs from before do not count
        run = claims.claim(node_row(f"again-{number}"), CPU)
        reporting.finish(run.node, run.pk, run.fence, RunEnd(outcome="engine_error"))
        assert state(run.entry) == EntryState.WAITING


def test_a_second_time_nothing_is_lifted(make, organiser):
    entry = make(image=quarantined())
    sweeping.sweep_runs()
    images = [image_row("bad"), image_row("good")]

    first, second = (lift_quarantine(images, actor=Actor.of(organiser)) for _ in range(2))

    assert (first, second) == (Lifted(1, 1), Lifted(0, 0))
    assert entry.changes.filter(kind=ChangeKind.REQUEUED).count() == 1


def test_a_run_that_fails_after_the_quarantine_is_lifted_is_tried_again(make, organiser):
    entry = make(image=quarantined(), state="running")
    run = run_row(entry, node_row(), purpose="smoke")
    assert run.image.quarantined_at is not None  # as a process has read it

    lift_quarantine([run.image], actor=Actor.of(organiser))
    reporting.finish(run.node, run.pk, run.fence, RunEnd(outcome="engine_error"))

    assert state(entry) == EntryState.WAITING


@pytest.mark.parametrize("outcome", ["engine_error", "node_lost", "no_gpu", "image_unavailable"])
def test_a_run_that_fails_while_its_image_is_in_quarantine_ends_its_entry(make, outcome):
    entry = make(image=quarantined(), state="running")
    run = run_row(entry, node_row(), purpose="smoke")

    if outcome == "node_lost":
        endings.lose(run.pk, reason="its lease ended")
    else:
        reporting.finish(run.node, run.pk, run.fence, RunEnd(outcome=outcome))

    assert (state(entry), entry.reason) == (EntryState.FAILED, quarantine.REASON)
    assert entry.changes.get().kind == ChangeKind.QUARANTINED
