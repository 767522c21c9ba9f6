"""Waking nodes: a message without content, on a broker that only nodes and this platform know.

It is a hint like every message here: what to run, a node asks for, and the sweeper repeats it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache

from celery import Celery
from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError

from evaluator.node.brokers import (
    ADDRESS,
    folder_of,
    folder_options,
    is_folder,
    make_folders,
)

logger = logging.getLogger(__name__)

TASK = "node.wake"
CPU, GPU = "run.cpu", "run.gpu"  # queues, by what a run needs
EXPIRES = 60  # seconds: a node that starts later asks by itself
CONNECT_TIMEOUT = 2  # seconds


def wake(queues: Iterable[str]) -> int:
    """Send a message to each of these queues; return how many were sent."""
    if not settings.NODES_BROKER_URL:
        return 0
    sent = 0
    try:
        with connect() as connection:
            for queue in queues:
                _app().send_task(
                    TASK,
                    queue=queue,
                    connection=connection,
                    expires=EXPIRES,
                    ignore_result=True,
                    retry=False,
                )
                sent += 1
    except (OperationalError, OSError) as error:
        # The sweeper repeats it: nothing is lost but time.
        logger.warning("the nodes' broker took no message: %s", error)
    return sent


def connect() -> Connection:
    """Return a connection to the nodes' broker, which is made when it is first needed.

    It is named here and not in the application's settings: Celery puts CELERY_BROKER_URL before
    those, and sets that itself in a worker, to the platform's own broker.
    """
    url = settings.NODES_BROKER_URL
    options: dict[str, object]
    if is_folder(url):
        folder = folder_of(url)
        make_folders(folder)
        url, options = ADDRESS, folder_options(folder)
    else:
        options = {"socket_connect_timeout": CONNECT_TIMEOUT, "max_retries": 1, "interval_start": 0}
    return Connection(url, transport_options=options, connect_timeout=CONNECT_TIMEOUT)


@cache
def _app() -> Celery:
    app = Celery("terminarium-wake", set_as_current=False)
    app.conf.update(task_serializer="json")
    return app
