"""`terminarium node` as a process: woken by a real broker, ended by real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from evaluator.node.brokers import ADDRESS, folder_options
from tests.containers import COPY, make_segments
from tests.fake_platform import TOKEN, wait_for
from tests.services.known import Redis as RedisServer

FIVE = make_segments(5)
SLEEP = f"{COPY}; trap '' TERM; sleep 600"


@pytest.fixture
def broker(redis_database):
    """Return an empty database of Redis."""
    return redis_database()


@pytest.fixture
def wake():
    """Return a function that sends a wake-up, as the platform does."""

    def send(broker, queue="run.cpu", **settings):
        with Celery("platform", broker=broker, set_as_current=False) as app:
            app.conf.update(settings)
            app.send_task("node.wake", queue=queue, expires=60, ignore_result=True)

    return send


@pytest.fixture
def start(platform, broker, tmp_path, engine_address):
    """Return a function that starts a node; its log is in `log`."""
    processes = []

    def start(*options, **settings):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "NODE_URL": platform.url,
            "NODE_TOKEN": TOKEN,
            "NODE_BROKER_URL": broker,
            "NODE_STATE_DIR": str(tmp_path / "state"),
            "DOCKER_HOST": engine_address,
        }
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "evaluator", "node", *options],
                env={name: text for name, text in (environment | settings).items() if text},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def log(tmp_path):
    return lambda: (tmp_path / "log").read_text()


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    return process.wait(60)


def test_it_claims_when_it_starts_and_again_when_it_is_woken(
    platform, broker, start, wake, archived, log
):
    image = archived(COPY)
    first = platform.add(FIVE, **image)
    process = start()
    wait_for(lambda: first.end and len(platform.asked("claim")) == 2)

    second = platform.add(FIVE, **image)
    wake(broker)
    wait_for(lambda: second.end)

    assert end(process) == 0, log()
    assert [run.end["outcome"] for run in (first, second)] == ["ok", "ok"]
    assert TOKEN not in log()
    assert "Sentence" not in log()
    assert "secret-ticket" not in log()


def test_only_a_node_with_gpus_listens_for_their_work(platform, broker, start, wake):
    start(NODE_GPUS="0,1")
    wait_for(lambda: platform.asked("claim"))
    wake(broker, queue="run.gpu")
    wait_for(lambda: len(platform.asked("claim")) == 2)

    assert json.loads(platform.asked("claim")[0].body)["gpus"] == ["0", "1"]


def test_a_busy_node_leaves_wake_ups_to_others(platform, broker, start, wake, archived, running):
    run = platform.add(FIVE, **archived(SLEEP))
    start()
    wait_for(running)
    for _ in range(5):
        wake(broker)
    time.sleep(2)  # in which it would have taken them
    with Redis.from_url(broker) as client:
        left = client.llen("run.cpu")

    run.is_cancelled = True

    wait_for(lambda: run.end)
    assert left == 4  # one is at its door
    wait_for(lambda: len(platform.asked("claim")) == 7)  # each costs one


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_hands_the_run_back(platform, start, archived, running, log, number):
    run = platform.add(FIVE, **archived(SLEEP))
    process = start()
    wait_for(lambda: any(beat["done"] == 5 for beat in run.beats))

    assert end(process, number) == 0, log()

    assert run.end["outcome"] == "handed_back"
    assert running() == 0


@pytest.mark.parametrize("fault", [502, "hang up"])
def test_a_platform_that_is_away_for_longer_than_the_lease_gets_the_result_when_it_is_back(
    platform, start, archived, running, log, fault
):
    platform.lease = 1.5
    run = platform.add(FIVE, lease=1.5, **archived(f"{COPY}; sleep 3"))
    start(NODE_PATIENCE="60")
    wait_for(lambda: run.beats and run.beats[-1]["stage"] == "running")
    platform.always |= dict.fromkeys(["heartbeat", "log", "hypotheses", "finish", "claim"], fault)
    away_since = time.monotonic()

    wait_for(lambda: platform.asked("hypotheses"))  # its system has ended meanwhile
    assert time.monotonic() - away_since > platform.lease
    assert (run.end, running()) == (None, 0)
    platform.always.clear()
    wait_for(lambda: run.end)

    assert (run.end["outcome"], run.order) == ("ok", ["hypotheses", "finish"]), log()
    assert log().count("a heartbeat failed") == 1


@pytest.mark.parametrize(("patience", "back"), [("2", False), ("60", True)])
def test_a_run_ends_with_the_nodes_patience_or_when_it_is_refused(
    platform, start, archived, running, log, patience, back
):
    platform.lease = 1
    run = platform.add(FIVE, lease=1, **archived(SLEEP))
    start(NODE_PATIENCE=patience)
    wait_for(running)
    wait_for(lambda: run.beats)
    platform.always["heartbeat"] = 503
    away_since = time.monotonic()

    if back:  # and another node has the run
        wait_for(lambda: time.monotonic() - away_since > 2)
        assert running()
        platform.always["heartbeat"] = 409
    wait_for(lambda: not running(), 15)

    assert time.monotonic() - away_since > 1.5
    wait_for(lambda: "is lost" in log())
    assert run.order == []


def test_a_killed_nodes_container_is_removed_by_the_next(
    platform, start, archived, images, running, log
):
    run = platform.add(FIVE, **archived(SLEEP))
    process = start()
    wait_for(lambda: any(beat["done"] == 5 for beat in run.beats))
    process.kill()
    process.wait()
    assert running() == 1

    process = start()

    wait_for(lambda: not running())
    wait_for(lambda: len(platform.asked("claim")) == 2)
    assert end(process) == 0, log()


def test_a_broker_that_is_restarted_is_found_again(
    platform, tmp_path, start, wake, log, require_service
):
    require_service("redis")
    redis = RedisServer()
    (tmp_path / "redis").mkdir()
    address = redis.start(tmp_path / "redis")
    process = start(NODE_BROKER_URL=address)
    wait_for(lambda: "ready" in log())
    redis.stop()
    wait_for(lambda: "Connection refused" in log())

    port = int(address.rpartition(":")[2].partition("/")[0])
    redis.launch(["redis-server", "--port", str(port), "--save", ""], tmp_path / "redis")
    try:
        wait_for(lambda: log().count("Connected to") == 2)
        wake(address)
        wait_for(lambda: len(platform.asked("claim")) == 2)
        assert end(process) == 0, log()
    finally:
        redis.stop()


def test_the_broker_may_be_a_folder(platform, tmp_path, start, wake, log):
    address = f"filesystem://{tmp_path}/broker"
    process = start(NODE_BROKER_URL=address)
    wait_for(lambda: "ready" in log())

    wake(ADDRESS, broker_transport_options=folder_options(tmp_path / "broker"))

    wait_for(lambda: len(platform.asked("claim")) == 2)
    assert end(process) == 0, log()


def test_a_token_that_is_not_known_ends_it_at_once(platform, start, log):
    process = start(NODE_TOKEN="another-token")

    assert process.wait(60) == 1
    assert "does not know this node's token" in log()
    assert not platform.asked("claim")
    assert "another-token" not in log()


def test_a_token_that_is_not_known_any_more_ends_it(platform, broker, start, wake, log):
    process = start()
    wait_for(lambda: platform.asked("claim"))

    platform.always["claim"] = 401
    wake(broker)

    assert process.wait(60) == 1
    assert "does not know this node's token" in log()


def test_it_starts_while_the_broker_and_the_platform_are_away(platform, start, archived, log):
    run = platform.add(FIVE, **archived(COPY))
    platform.faults["me"] = ["hang up"]
    platform.faults["claim"] = ["hang up", 503]

    process = start(NODE_BROKER_URL="redis://127.0.0.1:1/0")

    wait_for(lambda: run.end)
    assert run.end["outcome"] == "ok"
    assert end(process) == 0, log()


def test_nobody_can_shut_it_down_or_run_anything_through_its_broker(
    platform, broker, start, wake, log
):
    process = start()
    wait_for(lambda: platform.asked("claim"))
    with Celery("intruder", broker=broker, set_as_current=False) as app:
        app.control.broadcast("shutdown")
        app.send_task("celery.map", args=["os.system", ["true"]], queue="run.cpu")
        app.send_task("os.system", args=["touch /nowhere"], queue="run.cpu")
        app.send_task("node.wake", queue="run.cpu", serializer="pickle", args=[print])
    wake(broker)

    wait_for(lambda: len(platform.asked("claim")) == 2)
    assert process.poll() is None
    assert end(process) == 0, log()


def test_its_folder_is_private_and_holds_no_word_of_a_run(
    platform, start, archived, tmp_path, running
):
    secret = "a word of the test set"
    segments = make_segments(3)
    run = platform.add(segments, **archived(f"{COPY}; sleep 600"))
    run.claim["segments"][0]["source"] = secret
    process = start()
    wait_for(running)

    folder = tmp_path / "state"
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()
            assert TOKEN.encode() not in path.read_bytes()
    assert secret.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert end(process) == 0


def test_two_nodes_cant_share_a_folder(platform, start, log):
    first = start()
    wait_for(lambda: platform.asked("claim"))

    assert start().wait(60) == 1
    assert "Another node is using the folder" in log()
    assert first.poll() is None


@pytest.fixture
def check(start, log):
    """Return a function that runs `--check`; it returns the status and the lines."""

    def check(**settings):
        status = start("--check", **settings).wait(60)
        return status, {line[:10].rstrip(): line[10:] for line in log().splitlines()}

    return check


def test_the_check_says_of_each_thing_that_it_works_and_claims_nothing(
    platform, check, images, require_service
):
    require_service("gvisor")
    before = images.ids()

    status, found = check(NODE_RUNTIME="runsc")

    assert list(found) == ["platform", "broker", "engine", "folder", "runtime"]
    assert all(text.startswith("works") for text in found.values()), found
    assert status == 0
    assert "knows this node as node-1" in found["platform"]
    assert not platform.asked("claim")
    assert images.ids() == before


def test_the_check_says_what_does_not_work(check, tmp_path):
    status, found = check(
        NODE_TOKEN="another",
        NODE_BROKER_URL="redis://:secret@127.0.0.1:1/0",
        NODE_RUNTIME="nothing-like-this",
    )

    assert status == 1
    works = [name for name, text in found.items() if text.startswith("works")]
    assert works == ["folder"]
    for name, words in {
        "platform": "does not know this node's token",
        "broker": "redis://:**@127.0.0.1:1/0 does not answer",
        "engine": "NODE_RUNTIME is nothing-like-this, but the engine has",
        "runtime": "nothing-like-this",
    }.items():
        assert words in found[name], found


def test_the_check_tries_each_gpu(check):
    status, found = check(NODE_GPUS="0,GPU-1")

    assert status == 1
    assert found["runtime"].startswith("works")
    assert "could not select device driver" in found["GPU 0"]
    assert found["GPU GPU-1"].startswith("FAILS")


def test_without_a_setting_it_names_the_variable(start, log):
    assert start(NODE_BROKER_URL="").wait(60) == 1

    assert log() == (
        "The environment variable NODE_BROKER_URL is not set. Write into it the nodes' broker: "
        "redis://host:6379/0\n"
    )
