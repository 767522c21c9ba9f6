"""A run is ours as long as heartbeats are answered, and not a moment longer."""

from __future__ import annotations

import time

import pytest

from evaluator.node.assignment import read_hold
from evaluator.node.client import Beat, Machine, Platform
from evaluator.node.errors import StopError
from evaluator.node.lease import Cause, Lease
from tests.containers import make_segments
from tests.fake_platform import TOKEN, fake_platform, wait_for


@pytest.fixture
def platform():
    with fake_platform(lease=0.6, heartbeat=0.05) as platform:
        yield platform


@pytest.fixture
def lease(platform):
    client = Platform(platform.url, TOKEN)
    platform.add(make_segments(1))
    claimed_at = time.monotonic()
    hold = read_hold(client.claim(Machine(1, 1, (), None, "1")).run)
    with Lease(client, hold, claimed_at) as lease:
        yield lease


def test_heartbeats_keep_it_and_say_how_far_it_is(platform, lease):
    lease.tell(Beat("running", 3, 10, 1000))

    time.sleep(1)  # longer than the lease

    assert lease.cause is None
    run = platform.runs[17]
    assert run.beats[-1] == {
        "fence": 4,
        "stage": "running",
        "done": 3,
        "segments": 10,
        "memory": 1000,
    }
    lease.check()


def test_the_button_is_heard(platform, lease):
    platform.runs[17].is_cancelled = True

    assert lease.stopped.wait(5)
    assert lease.cause is Cause.CANCELLED
    assert not lease.lost.is_set()
    with pytest.raises(StopError):
        lease.wait(60)


@pytest.mark.parametrize("status", [409, 401])
def test_a_refusal_loses_it_at_once(platform, lease, status):
    platform.always["heartbeat"] = status

    assert lease.lost.wait(0.4)
    assert lease.cause is Cause.LOST


@pytest.mark.parametrize("fault", [503, 400, "hang up", "stall"])
def test_it_is_lost_once_no_heartbeat_was_answered_for_its_length(platform, lease, fault):
    wait_for(lambda: platform.runs[17].beats)
    platform.always["heartbeat"] = fault
    since = time.monotonic()

    assert lease.lost.wait(5)

    assert 0.4 < time.monotonic() - since < 1.5
    assert lease.stopped.is_set()


def test_a_few_heartbeats_that_fail_do_no_harm(platform, lease, monkeypatch):
    platform.faults["heartbeat"] = [503, "hang up", 500]

    time.sleep(1)

    assert lease.cause is None
    assert len(platform.runs[17].beats) > 3


def test_the_first_cause_counts_but_a_loss_comes_before_all(lease):
    lease.stop(Cause.HANDED_BACK)
    lease.stop(Cause.CANCELLED)
    assert lease.cause is Cause.HANDED_BACK

    lease.stop(Cause.LOST)

    assert lease.cause is Cause.LOST
    assert lease.lost.is_set()


def test_no_heartbeat_follows_the_end(platform, lease):
    wait_for(lambda: platform.runs[17].beats)
    lease.__exit__(None, None, None)
    count = len(platform.asked("heartbeat"))

    time.sleep(0.2)

    assert len(platform.asked("heartbeat")) == count
