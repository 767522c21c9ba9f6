"""Nodes die, engines stop, messages get lost or come three times: an entry is scored once."""

from __future__ import annotations

import itertools
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from playwright.sync_api import BrowserContext, expect

from tests.containers import COPY, Images
from tests.e2e.gate import Gate
from tests.e2e.session import COOKIE, session_of
from tests.e2e.site import Site
from tests.services.containers import Docker
from tests.services.service import free_port

LEASE = 6  # seconds: what a busy machine may keep a heartbeat waiting
SLOWLY = f"while IFS= read -r line; do sleep 0.8; printf '%s\\n' \"$line\" | {COPY}; done"
SLOWER = SLOWLY.replace("0.8", "2.2")  # so that a run outlives a lease
STUBBORN = "trap '' TERM; cat > /dev/null; sleep 600"
NUMBERS = itertools.count(1)
WITHIN = 60  # seconds


@pytest.fixture(scope="module")
def site(make_small_site: Callable[..., Site]) -> Site:
    site = make_small_site(NODE_LEASE=str(LEASE))
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture
def gate(site: Site) -> Iterator[Gate]:
    gate = Gate(site.url)
    yield gate
    gate.close()


@pytest.fixture
def node(site: Site) -> Iterator[str]:
    """The name of this test's own node; whatever is started under it is ended."""
    name = f"node-{next(NUMBERS)}"
    yield name
    if name in site.nodes:
        site.nodes[name].stop()
    site.rows(f"update nodes_node set revoked_at = now() where name like '{name}%' returning name")


@pytest.fixture
def submit(site: Site, archive_of: Callable[..., Path]) -> Callable[..., int]:
    """Return a function that sends a system, other than all before, and returns its entry."""

    def submit(script: str = SLOWLY) -> int:
        return site.entry_of_image(archive_of(f"{script} # {next(NUMBERS)}"))

    return submit


def assert_scored_exactly_once(site: Site, entry: int, images: Images) -> None:
    site.wait_for_state(entry, "scored")
    moves = f"from submissions_statechange where entry_id = {entry} and new ="
    assert site.rows(f"select count(*) {moves} 'scoring'") == [(1,)]
    assert site.rows(f"select count(*) {moves} 'scored'") == [(1,)]
    scores = f"from submissions_score where entry_id = {entry}"
    [(rows, metrics)] = site.rows(f"select count(*), count(distinct metric) {scores}")
    assert rows == metrics > 0
    ended_well = [run for run in site.runs_of(entry) if run[0] == "test" and run[2] == "ok"]
    assert len(ended_well) == 1
    assert site.rows("select count(*) from nodes_run where ended_at is null") == [(0,)]
    assert images.leftovers() == []


# The node is killed -------------------------------------------------------------------------


def test_it_is_killed_before_it_claims(
    site: Site, gate: Gate, node: str, submit: Callable[..., int], engine_address: str,
    images: Images,
) -> None:  # fmt: skip
    site.start_node(node, engine_address, url=gate.url)
    gate.wait_for(lambda: gate.asked("claim"))
    with gate.holding("claim") as held:
        entry = submit()
        held.wait()  # it was woken: the message is gone
        site.nodes[node].kill(node)

    assert site.runs_of(entry) == []
    site.start_node(node, engine_address)

    assert_scored_exactly_once(site, entry, images)
    assert site.runs_of(entry) == [("smoke", 1, "ok"), ("test", 1, "ok")]


def test_it_is_killed_before_it_hears_what_it_was_given(
    site: Site, gate: Gate, node: str, submit: Callable[..., int], engine_address: str,
    images: Images,
) -> None:  # fmt: skip
    site.start_node(node, engine_address, url=gate.url)
    gate.wait_for(lambda: gate.asked("claim"))
    with gate.holding("claim", status=200) as held:
        entry = submit()
        held.wait()
        site.nodes[node].kill(node)

    site.start_node(node, engine_address)

    assert_scored_exactly_once(site, entry, images)
    assert site.runs_of(entry) == [
        ("smoke", 1, "node_lost"), ("smoke", 2, "ok"), ("test", 1, "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            "purpose = 'smoke' and stage = 'running' and done > 0",
            [("smoke", 1, "node_lost"), ("smoke", 2, "ok"), ("test", 1, "ok")],
        ),
        (
            "purpose = 'test' and done >= 2",
            [("smoke", 1, "ok"), ("test", 1, "node_lost"), ("test", 2, "ok")],
        ),
    ],
    ids=["in the smoke run", "half-way"],
)
def test_it_is_killed_in_a_run(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images,
    condition: str, expected: list[tuple],
) -> None:  # fmt: skip
    entry = submit(SLOWER)
    site.start_node(node, engine_address)
    site.wait_for_run(entry, condition)

    site.nodes[node].kill(node)
    assert images.leftovers() != []
    site.start_node(node, engine_address)

    assert_scored_exactly_once(site, entry, images)
    assert site.runs_of(entry) == expected


@pytest.mark.parametrize("status", [None, 204], ids=["before it is told", "after"])
def test_it_is_killed_at_the_end(
    site: Site, gate: Gate, node: str, submit: Callable[..., int], engine_address: str,
    images: Images, status: int | None,
) -> None:  # fmt: skip
    entry = submit()
    site.start_node(node, engine_address, url=gate.url)
    site.wait_for_run(entry, "purpose = 'test'")
    with gate.holding("finish", status=status) as held:
        held.wait()
        site.nodes[node].kill(node)

    site.start_node(node, engine_address)

    assert_scored_exactly_once(site, entry, images)
    ends = [outcome for purpose, _, outcome in site.runs_of(entry) if purpose == "test"]
    assert ends == (["ok"] if status else ["node_lost", "ok"])


def test_a_node_that_stays_away_leaves_its_run_to_another(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images
) -> None:
    entry = submit()
    site.start_node(node, engine_address)
    site.wait_for_run(entry, "purpose = 'test' and done > 0")
    site.nodes[node].kill(node)
    killed = time.monotonic()

    other = f"{node}-b"
    site.start_node(other, engine_address)
    site.wait_for(
        f"select outcome from nodes_run where entry_id = {entry} and purpose = 'test'",
        lambda rows: ("node_lost",) in rows,
        within=WITHIN,
    )
    took = time.monotonic() - killed

    assert_scored_exactly_once(site, entry, images)
    assert took < LEASE + 15  # its lease, a sweep, and what a busy machine takes
    site.nodes[other].stop()


def test_asked_to_end_it_hands_its_run_back(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images
) -> None:
    entry = submit()
    site.start_node(node, engine_address)
    site.wait_for_run(entry, "purpose = 'test' and done > 0")

    site.nodes[node].end(node, within=20)
    assert site.runs_of(entry)[-1] == ("test", 1, "handed_back")
    assert images.leftovers() == []
    site.start_node(node, engine_address)

    assert_scored_exactly_once(site, entry, images)
    assert site.runs_of(entry)[-1] == ("test", 1, "ok")  # handing back is no attempt


# Leases and fences ------------------------------------------------------------------------


def test_a_heartbeat_after_the_lease_is_refused_and_the_container_gone(
    site: Site, gate: Gate, node: str, submit: Callable[..., int], engine_address: str,
    images: Images,
) -> None:  # fmt: skip
    entry = submit(SLOWER)
    site.start_node(node, engine_address, url=gate.url)
    site.wait_for_run(entry, "purpose = 'test'")
    with gate.holding("heartbeat") as held:
        held.wait()
        site.wait_for(
            f"select count(*) from nodes_run where entry_id = {entry} and outcome = 'node_lost'",
            lambda rows: rows == [(1,)],
            within=LEASE + 20,
        )
        [(run,)] = site.rows(
            f"select id from nodes_run where entry_id = {entry} and outcome = 'node_lost'"
        )
        held.release()
        late = f"runs/{run}/heartbeat"
        gate.wait_for(lambda: gate.asked(late) and gate.asked(late)[-1].status == 409)

    assert_scored_exactly_once(site, entry, images)
    assert site.runs_of(entry)[-2:] == [("test", 1, "node_lost"), ("test", 2, "ok")]


def test_two_nodes_share_the_work_and_none_is_done_twice(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images
) -> None:
    entries = [submit() for _ in range(4)]

    names = [node, f"{node}-b"]
    for name in names:
        site.start_node(name, engine_address)

    for entry in entries:
        site.wait_for_state(entry, "scored")
    for entry in entries:
        assert_scored_exactly_once(site, entry, images)
        assert site.runs_of(entry) == [("smoke", 1, "ok"), ("test", 1, "ok")]
    both = ", ".join(map(str, entries))
    workers = site.rows(f"select distinct node_id from nodes_run where entry_id in ({both})")
    assert len(workers) == 2
    site.nodes[names[1]].stop()


# Messages -----------------------------------------------------------------------------------


def test_a_wake_up_that_comes_three_times_runs_nothing_twice(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images
) -> None:
    site.start_node(node, engine_address)
    entry = submit()
    with Celery(broker=site.environment["NODES_BROKER_URL"], set_as_current=False) as client:
        for _ in range(3):
            client.send_task("node.wake", queue="run.cpu", ignore_result=True)

    assert_scored_exactly_once(site, entry, images)
    assert site.runs_of(entry) == [("smoke", 1, "ok"), ("test", 1, "ok")]


def test_a_wake_up_that_never_comes_delays_by_a_sweep(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images
) -> None:
    site.start_node(node, engine_address)
    site.wait_for(
        f"select last_seen_at from nodes_node where name = '{node}'",
        lambda rows: rows != [(None,)],
        within=WITHIN,
    )
    site.children.kill("worker")
    working = site.environment["NODES_BROKER_URL"]
    site.environment["NODES_BROKER_URL"] = "redis://127.0.0.1:1/0"  # where nobody listens
    site.start_worker()
    site.environment["NODES_BROKER_URL"] = working

    entry = submit()

    assert_scored_exactly_once(site, entry, images)


def test_the_nodes_broker_is_restarted(
    make_small_site: Callable[..., Site], archive_of: Callable[..., Path], engine_address: str,
    images: Images, tmp_path: Path,
) -> None:  # fmt: skip
    port = free_port()
    broker = start_redis(port, tmp_path)
    site = make_small_site(NODE_LEASE=str(LEASE), NODES_BROKER_URL=f"redis://127.0.0.1:{port}/0")
    site.start_worker()
    site.start_sweeper()
    site.start_node("woken", engine_address)
    entry = site.entry_of_image(archive_of(f"{SLOWLY} # broker {next(NUMBERS)}"))
    site.wait_for_run(entry, "purpose = 'test' and done > 0")

    broker.kill()
    broker.wait()
    assert_scored_exactly_once(site, entry, images)  # a run under way needs no broker
    broker = start_redis(port, tmp_path)
    entry = site.entry_of_image(archive_of(f"{SLOWLY} # broker {next(NUMBERS)}"))

    assert_scored_exactly_once(site, entry, images)
    site.stop()
    broker.kill()
    broker.wait()


# The engine and the platform ----------------------------------------------------------------


def test_the_engine_is_stopped_in_mid_run_and_comes_back(
    site: Site, node: str, submit: Callable[..., int], images: Images,
    tmp_path_factory: pytest.TempPathFactory, require_service: Callable[[str], str],
) -> None:  # fmt: skip
    require_service("docker")
    folder = tmp_path_factory.mktemp("engine")
    engine = Docker()
    try:
        address = engine.start(folder)
        entry = submit()
        site.start_node(node, address)
        site.wait_for_run(entry, "purpose = 'test' and done > 0")

        engine.kill()
        site.wait_for(
            f"select outcome from nodes_run where entry_id = {entry} and purpose = 'test'",
            lambda rows: rows == [("engine_error",)],
            within=WITHIN,
        )
        engine.start(folder)

        assert_scored_exactly_once(site, entry, images)
        assert site.runs_of(entry)[-2:] == [("test", 1, "engine_error"), ("test", 2, "ok")]
        own = Images(address)
        assert own.leftovers() == []
        own.client.close()
    finally:
        site.nodes[node].stop()
        engine.stop()


@pytest.mark.parametrize(
    ("script", "away"),
    [(SLOWLY, 0.0), (SLOWLY, LEASE + 3.0), (SLOWER, LEASE + 1.0)],
    ids=["and is back at once", "until the run has ended", "for longer than a lease"],
)
def test_the_web_is_restarted_in_mid_run(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images,
    script: str, away: float,
) -> None:  # fmt: skip
    entry = submit(script)
    site.start_node(node, engine_address)
    # An answer to a claim that got lost would be another story: the node has begun.
    site.wait_for_run(entry, "purpose = 'test' and stage = 'running'")

    site.children.kill("server")
    time.sleep(away)
    site.start_web()

    assert_scored_exactly_once(site, entry, images)
    tests = [run for run in site.runs_of(entry) if run[0] == "test"]
    assert tests == [("test", 1, "ok")]  # nobody ran it twice


# Cancelling ---------------------------------------------------------------------------------


def test_cancelled_in_the_browser_the_container_is_gone_within_ten_seconds(
    site: Site, node: str, submit: Callable[..., int], engine_address: str, images: Images,
    context: BrowserContext,
) -> None:  # fmt: skip
    entry = submit(STUBBORN)
    site.start_node(node, engine_address)
    site.wait_for_run(entry, "stage = 'running'")
    context.add_cookies([{"name": COOKIE, "value": session_of(site, "alice"), "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/entries/{entry}/")
    page.get_by_role("link", name="Cancel…").click()

    page.get_by_role("button", name=re.compile("Cancel|Stop")).click()
    pressed = time.monotonic()
    while images.leftovers() and time.monotonic() < pressed + 10:
        time.sleep(0.1)

    assert images.leftovers() == []
    expect(page.locator(".state-card").get_by_text("cancelled")).to_be_visible()
    site.wait_for(
        f"select outcome from nodes_run where entry_id = {entry}",
        lambda rows: rows == [("cancelled",)],
        within=WITHIN,
    )


def start_redis(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start a Redis that forgets everything when it ends."""
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return subprocess.Popen(
        ["redis-server", *options, "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
