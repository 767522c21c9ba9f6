"""Waking the nodes: a message without content on a broker of their own. What to do they ask us."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from celery import Celery
from django.conf import settings
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)

TASK = "node.wake"
CPU, GPU = "run.cpu", "run.gpu"
EXPIRES = 60  # seconds; a node that starts later asks by itself
AT_ONCE = 20  # messages in one queue


def is_configured() -> bool:
    """Say whether nodes can be woken at all."""
    return bool(settings.NODES_BROKER_URL)


def wake(queue: str, *, times: int = 1) -> int:
    """Send wake-ups; return how many went. A broker that is down is logged and nothing else."""
    if not is_configured():
        return 0
    app, sent = _app(settings.NODES_BROKER_URL), 0
    try:
        for _ in range(min(times, AT_ONCE)):
            app.send_task(TASK, queue=queue, expires=EXPIRES, retry=False, ignore_result=True)
            sent += 1
    except (KombuError, OSError) as error:
        logger.warning("the nodes' broker took no message: %s", error)
    return sent


@lru_cache(maxsize=1)
def _app(url: str) -> Celery:
    """Return a Celery application that only sends, and shares nothing with the platform's."""
    app = Celery("nodes", broker=url, set_as_current=False)
    app.conf.update(task_serializer="json", task_publish_retry=False)
    if url.startswith("filesystem:"):
        folder = Path(unquote(urlsplit(url).path))
        for name in ("messages", "control"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        app.conf.update(
            broker_url="filesystem://",
            broker_transport_options={
                "data_folder_in": str(folder / "messages"),
                "data_folder_out": str(folder / "messages"),
                "control_folder": str(folder / "control"),
            },
        )
    elif url.startswith("redis"):
        app.conf.broker_transport_options = {
            "socket_connect_timeout": 2,  # seconds
            "socket_timeout": 5,
            "max_retries": 1,
            "interval_start": 0,
        }
    return app
