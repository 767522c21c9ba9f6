"""An entry that begins to wait wakes a node that is free; nobody pays for a broker that is down."""

from __future__ import annotations

import logging

import pytest
from django.utils import timezone
from kombu import Connection, Queue

from evaluator.node.brokers import ADDRESS, folder_options, make_folders
from nodes.waking import idle_nodes, messages
from submissions import work
from tests.integration.node_rows import node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    monkeypatch.setattr(idle_nodes, "_quiet_until", 0.0)


@pytest.fixture
def broker(settings, tmp_path):
    """Return a function that tells which messages have been sent to which queue so far."""
    settings.NODES_BROKER_URL = f"filesystem://{tmp_path}/nodes"
    folder = tmp_path / "nodes"

    def heard():
        found = []
        make_folders(folder)
        with Connection(ADDRESS, transport_options=folder_options(folder)) as connection:
            for name in (messages.CPU, messages.GPU):
                queue = Queue(name)(connection.channel())
                queue.declare()
                while message := queue.get(no_ack=True):
                    found.append((name, message.headers["task"], bool(message.headers["expires"])))
        return found

    return heard


@pytest.fixture
def begin_to_wait(make_bare_test_set, team, alice, django_capture_on_commit_callbacks):
    """Return a function that makes an entry and lets it begin to wait, as checking does."""
    test_set = make_bare_test_set()

    def begin(**options):
        with django_capture_on_commit_callbacks(execute=True):
            entry = waiting_entry(test_set, team, alice, **options)
            work.record_birth(entry, reason="the image was checked")
        return entry

    return begin


@pytest.mark.parametrize(
    ("nodes", "needs_gpu", "expected"),
    [
        ([{}], False, [messages.CPU]),
        ([{"gpus": ["0"]}], False, [messages.CPU]),
        ([{"gpus": ["0"]}], True, [messages.GPU]),
        ([{}], True, []),
        ([{"gpus": ["0"], "takes_cpu_work": False}], False, []),
        ([{"drained_at": timezone.now()}], False, []),
        ([{"failing_since": timezone.now()}], False, []),
        ([{"revoked_at": timezone.now()}], False, []),
        ([{"seen": 10_000}], False, [messages.CPU]),  # it may only not have been woken
        ([], False, []),
    ],
)
def test_a_node_that_is_free_and_fits_is_woken(broker, begin_to_wait, nodes, needs_gpu, expected):
    for number, columns in enumerate(nodes):
        node_row(f"node-{number}", **columns)

    begin_to_wait(needs_gpu=needs_gpu)

    assert broker() == [(queue, "node.wake", True) for queue in expected]


def test_a_node_that_is_busy_is_left_alone(broker, begin_to_wait):
    run_row(begin_to_wait(state="running"), node_row())

    begin_to_wait()

    assert broker() == []


def test_going_back_to_wait_wakes_one_too_and_a_note_wakes_none(
    broker, begin_to_wait, django_capture_on_commit_callbacks
):
    node_row()
    entry = begin_to_wait(state="running")

    with django_capture_on_commit_callbacks(execute=True):
        work.move(entry, old=("running",), to="waiting", reason="smoke run passed")
        work.record_note(entry, reason="a note")

    assert len(broker()) == 1


def test_where_nodes_are_not_configured_nothing_is_sent(begin_to_wait, caplog):
    node_row()

    begin_to_wait()

    assert "broker" not in caplog.text


def test_a_broker_that_is_down_is_tried_once_and_fails_nothing(begin_to_wait, settings, caplog):
    settings.NODES_BROKER_URL = "redis://:secret@127.0.0.1:1/0"
    node_row()

    with caplog.at_level(logging.WARNING):
        entries = [begin_to_wait() for _ in range(3)]

    assert all(entry.pk for entry in entries)
    assert caplog.text.count("the nodes' broker took no message") == 1
    assert "secret" not in caplog.text


def test_the_sweep_wakes_idle_nodes_for_what_waits_and_tells_nothing_twice(broker, begin_to_wait):
    node_row("gpu", gpus=["0"])
    node_row("cpu")
    for needs_gpu in (True, True, False):
        begin_to_wait(needs_gpu=needs_gpu)
    broker()

    woken = [idle_nodes.wake_idle(), idle_nodes.wake_idle()]

    assert woken == [2, 0]  # there is one node with a GPU
    assert sorted(queue for queue, *_ in broker()) == [messages.CPU, messages.GPU]
    assert idle_nodes.wake_idle() == 2


def test_the_sweep_wakes_a_node_that_was_silent_for_a_while(broker):
    node_row("silent", seen=31)
    node_row("silent-gpu", seen=31, gpus=["0"])
    node_row("new", seen=None)
    node_row("there", seen=5)
    node_row("revoked", seen=31, revoked_at=timezone.now())

    assert idle_nodes.wake_idle() == 3
    assert sorted(queue for queue, *_ in broker()) == [messages.CPU, messages.CPU, messages.GPU]


def test_nodes_that_are_away_fill_no_queue(broker):
    for number in range(idle_nodes.MESSAGES_AT_MOST + 5):
        node_row(f"node-{number}", seen=10_000)

    woken = [idle_nodes.wake_idle() for _ in range(3)]

    assert woken == [idle_nodes.MESSAGES_AT_MOST, 0, 0]


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
def test_the_sweep_survives_without_a_broker(settings, url):
    settings.NODES_BROKER_URL = url
    node_row(seen=None)

    assert idle_nodes.wake_idle() == 0


def test_celerys_own_variable_does_not_lead_the_message_astray(broker, begin_to_wait, monkeypatch):
    # `celery worker` sets it to BROKER_URL, if that is in the environment.
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    node_row()

    begin_to_wait()

    assert [queue for queue, *_ in broker()] == [messages.CPU]


def test_redis_is_counted_too(settings, redis_database):
    settings.NODES_BROKER_URL = redis_database()
    node_row(seen=None)

    assert [idle_nodes.wake_idle(), idle_nodes.wake_idle()] == [1, 0]

    with Connection(settings.NODES_BROKER_URL) as connection:
        assert Queue(messages.CPU)(connection.channel()).get(no_ack=True) is not None
