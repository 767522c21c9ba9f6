"""A run is ours until the platform refuses it, or has not answered for too long."""

from __future__ import annotations

import threading
import time

import pytest

from evaluator.node.errors import StopError
from evaluator.node.protocol.client import Beat, MachineOffer, Platform
from evaluator.node.protocol.run_assignment import read_hold
from evaluator.node.work.lease import Cause, Lease
from tests.containers import make_segments
from tests.fake_platform import TOKEN, fake_platform, wait_for


@pytest.fixture
def platform():
    with fake_platform(lease=0.6, heartbeat=0.05) as platform:
        yield platform


@pytest.fixture
def patience():
    return 0.0


@pytest.fixture
def lease(platform, patience):
    client = Platform(platform.url, TOKEN)
    platform.add(make_segments(1))
    claimed_at = time.monotonic()
    hold = read_hold(client.claim(MachineOffer(1, 1, (), None, "1")).run)
    with Lease(client, hold, claimed_at, patience=patience) as lease:
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
def test_without_patience_it_is_lost_once_no_heartbeat_was_answered_for_its_length(
    platform, lease, fault
):
    wait_for(lambda: platform.runs[17].beats)
    platform.always["heartbeat"] = fault
    since = time.monotonic()

    assert lease.lost.wait(5)

    assert 0.4 < time.monotonic() - since < 1.5
    assert lease.stopped.is_set()


@pytest.mark.parametrize("patience", [2.0])
@pytest.mark.parametrize("fault", [502, 404, "stall"])
def test_a_platform_that_is_away_for_longer_than_the_lease_is_waited_for(
    platform, lease, patience, fault, caplog
):
    wait_for(lambda: platform.runs[17].beats)
    platform.always["heartbeat"] = fault
    time.sleep(1)  # longer than the lease
    assert lease.cause is None
    assert lease.answered_since is None

    count = len(platform.runs[17].beats)
    del platform.always["heartbeat"]
    platform.closing.set()  # whoever is stalled goes on

    wait_for(lambda: len(platform.runs[17].beats) > count + 1)
    assert lease.cause is None
    assert lease.answered_since is not None
    assert caplog.text.count("a heartbeat failed") == 1


@pytest.mark.parametrize("patience", [1.2])
@pytest.mark.parametrize("fault", [503, "hang up", "stall"])
def test_patience_ends(platform, lease, patience, fault):
    wait_for(lambda: platform.runs[17].beats)
    platform.always["heartbeat"] = fault
    since = time.monotonic()

    assert lease.lost.wait(5)

    assert 1 < time.monotonic() - since < 2.5
    assert "NODE_PATIENCE" in lease.why_lost


@pytest.mark.parametrize("patience", [30.0])
@pytest.mark.parametrize("status", [409, 401])
def test_a_run_that_was_given_away_meanwhile_is_lost_when_the_platform_is_back(
    platform, lease, patience, status
):
    platform.always["heartbeat"] = 503
    wait_for(lambda: lease.answered_since is None)
    platform.always["heartbeat"] = status

    assert lease.lost.wait(5)


@pytest.mark.parametrize("patience", [30.0])
def test_who_waits_goes_on_when_the_platform_is_back(platform, lease, patience):
    platform.always["heartbeat"] = 503
    wait_for(lambda: lease.answered_since is None)
    threading.Timer(0.5, platform.always.clear).start()
    since = time.monotonic()

    lease.wait(0.01)

    assert time.monotonic() - since > 0.4


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
