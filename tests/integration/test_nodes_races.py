"""Nodes, sweepers and teams at the same moment, with real threads on PostgreSQL."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.recording import Actor
from images.models import Image
from nodes.models import Node, Run
from nodes.protocol import tokens
from nodes.runs import claims, endings, quarantine, reporting, sweeping
from nodes.runs.claims import Offer
from nodes.runs.organising import lift_quarantine
from nodes.runs.reporting import RunEnd, RunRefused, SignOfLife
from submissions.models import Entry
from submissions.services import choosing
from submissions.states import EntryState
from tests.integration.actors import OPERATOR
from tests.integration.image_rows import sibling_entry
from tests.integration.test_nodes_protocol import end_leases, make_image, make_image_entry

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_postgresql"),
]

CPU = Offer(cpus=4, memory=2**36, gpus=(), runtime="", version="0.1.0")
SIGN = SignOfLife("running", 1, 5, None)
FAILED = RunEnd(outcome="engine_error")
CRASHED = RunEnd(outcome="crashed", message="It crashed.")
PASSED = RunEnd(outcome="ok", done=5)


@pytest.fixture
def make_nodes():
    return lambda count: [
        tokens.add_node(f"node-{number}", actor=OPERATOR)[0] for number in range(count)
    ]


@pytest.fixture
def entry(alice, team, test_set):
    return make_image_entry(team, alice, test_set, make_image())


def refused(call, *args):
    try:
        call(*args)
    except (RunRefused, ValidationError):
        return True
    return False


def test_of_eight_nodes_one_gets_the_entry(entry, make_nodes, at_once):
    nodes = make_nodes(8)

    runs = at_once(8, lambda number: claims.claim(nodes[number], CPU))

    assert sum(run is not None for run in runs) == 1
    assert entry.changes.filter(new=EntryState.RUNNING).count() == 1


def test_eight_nodes_share_eight_entries_after_one_smoke_run(
    alice, team, make_test_set, make_nodes, at_once
):
    sets = [make_test_set(version=number) for number in range(1, 9)]
    entry = make_image_entry(team, alice, sets[0], make_image())
    for test_set in sets[1:]:
        sibling_entry(entry, test_set)
    nodes = make_nodes(8)

    first = at_once(8, lambda number: claims.claim(nodes[number], CPU))
    (smoke,) = [run for run in first if run is not None]
    reporting.finish(smoke.node, smoke.pk, smoke.fence, PASSED)
    second = at_once(8, lambda number: claims.claim(nodes[number], CPU))

    assert len({run.entry_id for run in second}) == 8
    assert {run.purpose for run in second} == {"test"}


def test_one_node_that_asks_twice_at_once_has_one_run(
    alice, team, make_test_set, make_nodes, at_once
):
    for language in ("fr", "ru", "de"):
        test_set = make_test_set(target_language=language)
        make_image_entry(team, alice, test_set, make_image())
    (node,) = make_nodes(1)

    at_once(3, lambda _: claims.claim(node, CPU))

    assert Run.objects.filter(ended_at=None).count() == 1
    running = Entry.objects.filter(state=EntryState.RUNNING)
    assert [one.pk for one in running] == [Run.objects.get(ended_at=None).entry_id]


def test_a_run_that_is_told_to_have_ended_many_times_ends_once(entry, make_nodes, at_once):
    (node,) = make_nodes(1)
    run = claims.claim(node, CPU)

    at_once(8, lambda _: reporting.finish(node, run.pk, run.fence, FAILED))

    node.refresh_from_db()
    assert node.failures == 1
    assert entry.changes.filter(old=EntryState.RUNNING).count() == 1


def test_a_lease_that_ends_while_its_node_speaks_ends_the_run_once(entry, make_nodes, at_once):
    (node,) = make_nodes(1)
    run = claims.claim(node, CPU)
    end_leases()
    calls = [
        lambda: refused(reporting.heartbeat, node, run.pk, run.fence, SIGN),
        lambda: refused(reporting.finish, node, run.pk, run.fence, PASSED),
        lambda: sweeping.sweep_runs().lost,
        lambda: sweeping.sweep_runs().lost,
    ]

    _beat, is_refused, *lost = at_once(4, lambda number: calls[number]())

    # Whoever comes first: a node that is late is heard until a sweep has closed its run.
    run.refresh_from_db()
    entry.refresh_from_db()
    assert sum(lost) == is_refused
    assert (run.outcome, entry.state) == ("node_lost" if is_refused else "ok", EntryState.WAITING)
    assert entry.changes.filter(old=EntryState.RUNNING).count() == 1


@pytest.mark.parametrize("report", [PASSED, CRASHED, FAILED])
def test_who_cancels_while_the_run_ends_comes_before_or_after(
    entry, alice, make_nodes, at_once, report
):
    (node,) = make_nodes(1)
    run = claims.claim(node, CPU)
    calls = [
        lambda: refused(lambda: choosing.cancel(entry=entry, actor=alice)),
        lambda: reporting.finish(node, run.pk, run.fence, report),
    ]

    too_late, _ = at_once(2, lambda number: calls[number]())

    entry.refresh_from_db()
    run.refresh_from_db()
    assert run.outcome == report.outcome
    assert too_late == (entry.state != EntryState.CANCELLED)
    assert entry.changes.filter(new=EntryState.CANCELLED).count() == (not too_late)


def test_who_cancels_while_a_node_takes_it_is_heard(entry, alice, make_nodes, at_once):
    nodes = make_nodes(3)

    def act(number):
        if number < 3:
            return claims.claim(nodes[number], CPU)
        return refused(lambda: choosing.cancel(entry=entry, actor=alice))

    *runs, too_late = at_once(4, act)

    entry.refresh_from_db()
    assert not too_late
    assert entry.state == EntryState.CANCELLED
    for run in filter(None, runs):
        assert reporting.heartbeat(run.node, run.pk, run.fence, SIGN)  # it is told to stop


def test_a_failed_smoke_run_and_claims_of_its_siblings_leave_none_behind(
    alice, team, make_test_set, make_nodes, at_once
):
    sets = [make_test_set(version=number) for number in range(1, 5)]
    entry = make_image_entry(team, alice, sets[0], make_image())
    for test_set in sets[1:]:
        sibling_entry(entry, test_set)
    nodes = make_nodes(5)
    smoke = claims.claim(nodes[0], CPU)

    def act(number):
        if not number:
            reporting.finish(nodes[0], smoke.pk, smoke.fence, CRASHED)
        else:
            claims.claim(nodes[number], CPU)

    at_once(5, act)

    open_runs = Run.objects.filter(ended_at=None)
    running = Entry.objects.filter(state=EntryState.RUNNING)
    assert {run.entry_id for run in open_runs} == {one.pk for one in running}
    assert open_runs.count() <= 1  # a claim that came after the end may try once more
    for run in open_runs:
        reporting.finish(run.node, run.pk, run.fence, CRASHED)
    assert not Entry.objects.exclude(state=EntryState.REJECTED).exists()


def test_nodes_that_are_lost_at_once_are_all_counted(
    alice, team, make_test_set, make_nodes, at_once
):
    image = make_image()
    for language in ("fr", "ru", "de", "ko"):
        make_image_entry(team, alice, make_test_set(target_language=language), image)
    runs = [claims.claim(node, CPU) for node in make_nodes(4)]
    Run.objects.update(stage=Run.Stage.RUNNING)

    at_once(4, lambda number: endings.lose(runs[number].pk, reason="tried"))

    image.refresh_from_db()
    assert image.nodes_lost == 4
    assert image.quarantined_at is not None
    sweeping.sweep_runs()
    assert {one.state for one in Entry.objects.all()} == {EntryState.FAILED}
    assert Node.objects.filter(drained_at=None).count() == 4


def test_lifting_a_quarantine_while_entries_fail_by_it_leaves_none_behind(
    alice, team, organiser, make_test_set, make_nodes, at_once
):
    image = make_image()
    for language in ("fr", "ru", "de", "ko"):
        make_image_entry(team, alice, make_test_set(target_language=language), image)
    nodes = make_nodes(2)
    runs = [claims.claim(node, CPU) for node in nodes]
    Image.objects.update(quarantined_at=timezone.now())

    def act(number):
        if number < 2:
            reporting.finish(nodes[number], runs[number].pk, runs[number].fence, FAILED)
        elif number < 4:
            quarantine.fail_waiting(Entry.objects.all())
        else:
            lift_quarantine(Image.objects.all(), actor=Actor.of(organiser))

    at_once(6, act)

    assert {one.state for one in Entry.objects.all()} == {EntryState.WAITING}
    assert Image.objects.get().quarantined_at is None
