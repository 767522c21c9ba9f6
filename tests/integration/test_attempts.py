"""Workers and nodes count their attempts in one place: the row, since it was last requeued."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from audit.recording import Actor
from nodes.models import OURS, Run
from nodes.runs import claims, endings, reporting, retries
from nodes.runs.claims import Offer
from nodes.runs.reporting import RunEnd
from submissions import work
from submissions.models import Entry
from submissions.services.requeueing import requeue_entry
from submissions.states import ChangeKind, EntryState
from tests.integration.image_rows import sibling_entry
from tests.integration.node_rows import node_row, run_row, waiting_entry

CPU = Offer(cpus=4, memory=2**36, gpus=(), runtime="", version="1")
BEFORE = [
    ("submissions", "0021_changes_are_of_their_kind"),
    ("nodes", "0007_engines_of_nodes"),
]


@pytest.fixture
def entry(make_bare_test_set, team, alice):
    return waiting_entry(make_bare_test_set(version=7), team, alice)


def attempt(outcome):
    """Let another node claim a run that ends like this."""
    run = claims.claim(node_row(f"node-{Run.objects.count()}"), CPU)
    if outcome == "node_lost":
        endings.lose(run.pk, reason="its lease ended")
    else:
        reporting.finish(run.node, run.pk, run.fence, RunEnd(outcome=outcome))
    return run


def row(entry):
    entry.refresh_from_db()
    return entry.state, entry.attempts


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", sorted(str(one) for one in OURS))
def test_a_run_that_ends_on_our_side_is_an_attempt(entry, outcome):
    runs = [attempt(outcome) for _ in range(2)]

    assert [run.attempt for run in runs] == [1, 2]
    assert row(entry) == (EntryState.WAITING, 2)
    assert attempt(outcome).attempt == 3
    assert row(entry) == (EntryState.FAILED, 3)


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", ["handed_back", "cancelled"])
def test_a_run_that_is_handed_back_or_stopped_is_none(entry, outcome):
    attempt(outcome)

    assert row(entry) == (EntryState.WAITING, 0)


@pytest.mark.django_db
def test_requeueing_begins_from_none_as_often_as_it_is_done(entry, organiser):
    for _ in range(3):
        runs = [attempt("engine_error") for _ in range(3)]
        assert [run.attempt for run in runs] == [1, 2, 3]
        assert row(entry) == (EntryState.FAILED, 3)

        requeue_entry(entry=entry, actor=Actor.of(organiser))

        assert row(entry) == (EntryState.WAITING, 0)


@pytest.mark.django_db
def test_runs_of_the_test_set_begin_from_none_if_another_entry_passed_the_smoke_run(
    entry, make_bare_test_set
):
    attempt("engine_error")
    attempt("node_lost")
    sibling = sibling_entry(entry, make_bare_test_set(version=8))
    Entry.objects.filter(pk=sibling.pk).update(state=EntryState.CANCELLED)
    run_row(sibling, node_row("passes"), purpose="smoke", outcome="ok")

    runs = [attempt("engine_error") for _ in range(2)]

    assert [(run.purpose, run.attempt) for run in runs] == [("test", 1), ("test", 2)]
    assert row(entry) == (EntryState.WAITING, 4)
    assert not retries.is_exhausted(entry, Run.Purpose.TEST)


@pytest.mark.django_db
def test_workers_begin_from_none_after_the_attempts_of_nodes(make_entry, entry):
    attempt("engine_error")
    run = run_row(entry, node_row("good"), purpose="test")
    hypotheses = make_entry(system="Another").hypotheses
    Entry.objects.filter(pk=entry.pk).update(state=EntryState.RUNNING)
    Run.objects.filter(pk=run.pk).update(hypotheses=hypotheses)
    run.refresh_from_db()
    entry.refresh_from_db()

    endings.end(run, entry, Run.Ending.OK, {})

    assert row(entry) == (EntryState.SCORING, 0)
    assert work.claim(Entry, entry.pk, owner="task-1").attempts == 1


@pytest.mark.django_db(transaction=True)
def test_earlier_entries_count_the_runs_since_they_were_requeued(entry, make_bare_test_set):
    """There and back: the old column, and then the count, are what they were."""
    requeued = sibling_entry(entry, make_bare_test_set(version=8))
    ended = sibling_entry(entry, make_bare_test_set(version=9))
    Entry.objects.filter(pk=ended.pk).update(state=EntryState.FAILED, attempts=3)
    now = timezone.now()
    for one, outcome, minutes in (
        (entry, "engine_error", 9), (entry, "node_lost", 8), (entry, "handed_back", 7),
        (requeued, "no_gpu", 9), (requeued, "node_lost", 8), (requeued, "image_unavailable", 2),
        (ended, "engine_error", 9),
    ):  # fmt: skip
        node = node_row(f"node-{Run.objects.count()}")
        run_row(one, node, outcome=outcome, started_at=now - timedelta(minutes=minutes))
    requeued.changes.create(
        kind=ChangeKind.REQUEUED, old="failed", new="waiting", at=now - timedelta(minutes=5)
    )

    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    old = executor.loader.project_state(BEFORE).apps.get_model("submissions", "Entry").objects
    then = list(old.order_by("pk").values_list("attempts", "requeued_at"))
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    assert then == [(0, None), (0, now - timedelta(minutes=5)), (3, None)]
    assert [row(one)[1] for one in (entry, requeued, ended)] == [2, 1, 3]
