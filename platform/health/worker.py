"""What a Celery worker does beside its tasks: it checks its storage and writes heartbeats.

Imports no model: the Celery application is made before Django is set up.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

from celery import bootsteps

logger = logging.getLogger(__name__)


class Heartbeats(bootsteps.StartStopStep):
    """Runs in the worker's main process, so busy or hanging children do not matter."""

    requires = ("celery.worker.components:Pool",)  # its children are forked before the thread

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._beating: Any = None

    def start(self, parent: Any) -> None:
        """Refuse a worker with another storage; otherwise beat for each of its queues."""
        from django.db import Error, connection

        from files import marker
        from health import presence
        from health.beating import Beating

        try:
            fault = marker.find_fault()
        except Error as error:
            logger.warning("the storage is not proved yet: the database says %s", error)
            fault = ""
        finally:
            connection.close()
        if fault:
            logger.critical("This worker does not start. %s", fault)
            raise SystemExit(1)
        queues = parent.app.amqp.queues.consume_from
        self._beating = Beating(
            [f"{presence.WORKER_OF}{name}" for name in queues],
            find_fault=marker.find_fault,
            on_fault=lambda: os.kill(os.getpid(), signal.SIGTERM),
        )
        self._beating.start()

    def stop(self, parent: Any) -> None:
        if self._beating is not None:
            self._beating.stop()
