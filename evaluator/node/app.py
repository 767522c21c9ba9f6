"""The Celery application of a node: empty messages wake it, and it asks the platform for work."""

from __future__ import annotations

import logging
import os
import platform as system
import signal
import threading
from typing import Any

from celery import Celery, bootsteps, signals
from kombu import Queue

from evaluator.node.brokers import (
    ADDRESS,
    folder_of,
    folder_options,
    is_folder,
    make_folders,
    outlive_redis,
    use_folders_safely,
)
from evaluator.node.settings import Settings
from evaluator.node.work.loop import Work

logger = logging.getLogger(__name__)

NAME = "terminarium-node"
WAKE = "node.wake"
CPU_QUEUE, GPU_QUEUE = "run.cpu", "run.gpu"
EXPIRES = 60  # seconds; the platform repeats what was not heard
# What Celery says of every message: a node is woken twice a minute.
CHATTY = ("celery.worker.strategy", "celery.app.trace")


def make_app(settings: Settings, work: Work) -> Celery:
    """Return the application; its only task is `work`."""
    app = Celery(NAME, set_as_current=False)
    url, options = transport(settings.broker_url)
    app.conf.update(
        broker_url=url,
        broker_transport_options=options,
        # A broker that is away is waited for, for ever.
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_queues=[Queue(name) for name in queues(settings)],
        task_create_missing_queues=False,
        task_default_queue=CPU_QUEUE,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=False,
        # A node that is busy leaves messages to those that are not.
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=url.startswith("redis"),
        # Whoever can write to the broker could otherwise shut the node down.
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )

    @app.task(name=WAKE, expires=EXPIRES, ignore_result=True, acks_late=False)
    def wake() -> None:
        work.wake()

    app.steps["worker"].add(_first_claim(work))
    return app


def queues(settings: Settings) -> tuple[str, ...]:
    """Return the queues that wake this node."""
    return (CPU_QUEUE, GPU_QUEUE) if settings.gpus else (CPU_QUEUE,)


def serve(settings: Settings, work: Work) -> int:
    """Run until a signal asks to end; return the exit status."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    app = make_app(settings, work)

    def end(**_: object) -> None:
        # In a thread: a signal's handler must not wait for a lock.
        threading.Thread(target=work.stop, name="stop").start()

    def keep_our_logging(**_: object) -> None:
        """Do nothing: a listener here stops Celery's own set-up."""

    signals.worker_shutting_down.connect(end, weak=False)
    signals.setup_logging.connect(keep_our_logging, weak=False)
    worker = app.Worker(
        hostname=f"node@{system.node()}",
        pool_cls="threads",
        concurrency=1,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,  # events for monitors of workers; the broker's own heartbeat stays
    )
    worker.start()
    return int(worker.exitcode or 0)


def end_this_process() -> None:
    """Ask ourselves to end as an operator would."""
    os.kill(os.getpid(), signal.SIGTERM)


def _first_claim(work: Work) -> type[bootsteps.StartStopStep]:
    class FirstClaim(bootsteps.StartStopStep):
        """Asks for work once at the start, whether or not the broker is there."""

        requires = ("celery.worker.components:Pool",)

        def start(self, parent: Any) -> None:
            # Celery has just set both: SIGHUP to restart the process, SIGINT to end it as failed.
            for number in (signal.SIGHUP, signal.SIGINT):
                signal.signal(number, lambda *_: end_this_process())
            parent.pool.apply_async(work.wake, callback=lambda _: None)

    return FirstClaim


def transport(url: str) -> tuple[str, dict[str, object]]:
    """Return the broker's address and its transport's options."""
    if is_folder(url):
        use_folders_safely()
        folder = folder_of(url)
        make_folders(folder)
        return ADDRESS, folder_options(folder)
    if url.startswith("redis"):
        outlive_redis()
        return url, {
            "socket_connect_timeout": 5,  # seconds
            "socket_timeout": 30,  # seconds; above those that its BRPOP blocks
            "socket_keepalive": True,
            "health_check_interval": 25,  # seconds
        }
    return url, {}
