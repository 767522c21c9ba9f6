"""Queues: a verdict never waits for the files that are to be scored."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings
from kombu import Connection, Consumer, Exchange, Producer, Queue

from config.brokers import list_transport_options
from evaluator.node.brokers import make_folders, use_folders_safely

QUEUE_OF = {
    "leaderboard.rank": "boards",
    "leaderboard.compute_ranges": "ranges",
    "submissions.check": "checks",
    "submissions.check_image": "images",
    "submissions.fetch_image": "images",
    "submissions.score": "celery",
    "submissions.rescore": "celery",
}
HURRIED = ("boards", "checks")


@pytest.mark.parametrize("task", QUEUE_OF)
def test_each_task_has_its_queue(task):
    router = current_app.amqp.Router()
    assert router.route({}, task)["queue"].name == QUEUE_OF[task]


def test_a_worker_serves_every_queue_that_a_task_is_sent_to():
    current_app.loader.import_default_modules()
    router = current_app.amqp.Router()
    tasks = [name for name in current_app.tasks if not name.startswith("celery.")]

    used = {router.route({}, name)["queue"].name for name in tasks}

    assert used <= set(settings.QUEUES) == set(current_app.amqp.queues)


def receive(url: str, folder: Path, sent: list[str]) -> list[str]:
    """Send a message to each of these queues, in order, and read them as a worker of all does."""
    options = list_transport_options(url, folder=folder, visibility_timeout=60)
    order: list[str] = []
    own = uuid4().hex  # of this test: other tests use the same broker
    names = [f"{name}-{own}" for name in settings.QUEUES]
    queues = {name: Queue(name, Exchange(name), name) for name in names}

    def take(body: str, message: object) -> None:
        order.append(body)
        message.ack()

    with Connection(url, transport_options=options) as connection:
        producer = Producer(connection)
        for name in sent:
            queue = queues[f"{name}-{own}"]
            producer.publish(
                name, exchange=queue.exchange, routing_key=queue.routing_key, declare=[queue]
            )
        with Consumer(connection, list(queues.values()), callbacks=[take], prefetch_count=1):
            while len(order) < len(sent):
                connection.drain_events(timeout=10)
    return order


@pytest.mark.parametrize("hurried", HURRIED)
@pytest.mark.parametrize("waiting", [5, 40, 90])
def test_with_redis_checks_and_boards_are_before_all_that_waits(
    require_service, tmp_path, hurried, waiting
):
    order = receive(require_service("redis"), tmp_path, [*["celery"] * waiting, "images", hurried])

    assert order == [hurried, *["celery"] * waiting, "images"]


@pytest.mark.parametrize("hurried", HURRIED)
def test_with_a_folder_queues_take_turns(tmp_path, hurried):
    use_folders_safely()
    make_folders(tmp_path)

    order = receive("filesystem://localhost", tmp_path, [*["celery"] * 20, "images", hurried])

    assert order.index(hurried) < len(settings.QUEUES)
