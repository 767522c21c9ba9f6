"""A platform that was away gives its nodes one lease more; fences stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from health import presence
from health.models import Absence, Heartbeat
from nodes.models import Run
from nodes.runs import reporting
from nodes.runs.reporting import RunRefused, SignOfLife
from nodes.runs.sweeping import sweep_runs
from submissions.states import EntryState
from tests.integration.node_rows import node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

SIGN = SignOfLife("running", 1, 2, None)


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


@pytest.fixture
def make_run(test_set, team, alice):
    """Return a function that makes a run whose node was heard of so many seconds ago."""

    def make(heard_of, *, name="node-1"):
        entry = waiting_entry(test_set, team, alice, state=EntryState.RUNNING)
        at = ago(heard_of)
        return run_row(
            entry,
            node_row(name),
            started_at=at,
            heartbeat_at=at,
            lease_until=at + timedelta(seconds=60),
        )

    return make


def away(since, until, part=presence.WEB):
    Absence.objects.create(part=part, since=ago(since), until=ago(until))


@pytest.mark.parametrize("part", [presence.WEB, presence.SWEEPER])
@pytest.mark.parametrize(
    ("heard_of", "absence", "is_kept"),
    [
        (300, None, False),
        (300, (302, 10), True),
        (300, (280, 10), True),  # it went away within the lease
        (300, (200, 10), False),  # the node had gone silent before
        (300, (290, 70), False),  # the lease after the return has ended, too
        (1700, (1699, 20), True),
        (40, (200, 50), True),  # heard of since: its own lease goes on
    ],
)
def test_a_lease_ends_one_lease_after_the_platform_is_back(
    make_run, part, heard_of, absence, is_kept
):
    run = make_run(heard_of)
    if absence:
        away(*absence, part)

    swept = sweep_runs()

    run.refresh_from_db()
    assert (run.ended_at is None) is is_kept
    assert swept.lost == (not is_kept)
    assert sweep_runs().prolonged == 0  # the second time there is nothing to do


@pytest.mark.parametrize(
    ("beat", "is_lost"),
    [
        (12, False),  # the lease has ended since: the web server may just have gone away
        (20, False),
        (9, True),  # it was there after the end of the lease
        (0, True),
        (3700, True),  # gone for good
        (None, True),  # never heard of: the web servers are not ours
    ],
)
def test_a_run_is_lost_once_a_web_server_was_there_after_its_lease(make_run, beat, is_lost):
    run = make_run(70)  # its lease ended ten seconds ago
    if beat is not None:
        Heartbeat.objects.create(part=presence.WEB, at=ago(beat))

    assert sweep_runs().lost == is_lost

    run.refresh_from_db()
    assert (run.ended_at is not None) is is_lost


def test_nothing_is_lost_while_the_web_servers_are_silent(make_run):
    run = make_run(300)
    Heartbeat.objects.create(part=presence.WEB, at=ago(299))
    assert sweep_runs().lost == 0

    presence.beat(presence.WEB)
    assert sweep_runs().lost == 0

    Absence.objects.update(until=ago(61), since=ago(299))
    Run.objects.filter(pk=run.pk).update(lease_until=ago(1))
    assert sweep_runs().lost == 1


@pytest.mark.parametrize("moment", ["absences_since", "last_sign_of_web"])
def test_nothing_is_lost_if_the_web_comes_back_in_the_middle_of_a_sweep(
    make_run, monkeypatch, moment
):
    make_run(300)
    Heartbeat.objects.create(part=presence.WEB, at=ago(299))
    presence.beat(presence.SWEEPER)
    read = getattr(presence, moment)

    def read_and_come_back(*arguments):
        result = read(*arguments)
        presence.beat(presence.WEB)
        return result

    monkeypatch.setattr(presence, moment, read_and_come_back)

    assert sweep_runs().lost == 0
    monkeypatch.undo()
    assert sweep_runs().lost == 0


@pytest.mark.parametrize(
    ("absences", "is_kept"),
    [
        ([(299, 150), (140, 10)], True),  # the lease of the first return ends in the second
        ([(299, 150), (85, 10)], False),  # and here before it
        ([(299, 200), (190, 120), (70, 1)], True),
        ([(230, 120), (110, 30)], False),  # the node had gone silent before all
    ],
)
def test_absences_in_a_row_each_give_one_lease(make_run, absences, is_kept):
    run = make_run(300)
    for number, (since, until) in enumerate(absences):
        away(since, until, presence.PLATFORM[number % 2])

    assert sweep_runs().lost == (not is_kept)

    run.refresh_from_db()
    assert (run.ended_at is None) is is_kept


@pytest.mark.parametrize("seconds", [100, 600, 1790])
def test_a_node_goes_on_when_the_platform_is_back_before_and_after_the_sweep(make_run, seconds):
    early, late = make_run(seconds), make_run(seconds, name="node-2")
    away(seconds, 1)

    assert reporting.heartbeat(early.node, early.pk, early.fence, SIGN) is False
    sweep_runs()

    assert reporting.heartbeat(late.node, late.pk, late.fence, SIGN) is False
    assert Run.objects.filter(ended_at=None).count() == 2


def test_a_run_that_went_to_another_node_is_refused_to_the_first(make_run):
    run = make_run(300)
    sweep_runs()  # the platform was there all the time: the run is lost
    away(299, 1)
    again = run_row(run.entry, node_row("node-2"))

    with pytest.raises(RunRefused):
        reporting.heartbeat(run.node, run.pk, run.fence, SIGN)
    with pytest.raises(RunRefused):  # nor under the number of the new run
        reporting.heartbeat(run.node, again.pk, again.fence, SIGN)
    again.refresh_from_db()
    assert (again.done, again.ended_at) == (0, None)


def test_absences_one_after_the_other_do_not_keep_a_dead_nodes_run(make_run):
    run = make_run(900)
    for since, until in [(895, 800), (700, 600), (500, 400), (300, 200), (150, 1)]:
        away(since, until)
        sweep_runs()

    run.refresh_from_db()
    assert run.outcome == Run.Ending.NODE_LOST
