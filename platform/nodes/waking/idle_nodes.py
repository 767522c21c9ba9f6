"""Which nodes to wake: for what has just begun to wait, at once; for the rest, with each sweep.

A node without work hears nothing but this, and answers by asking for work: so idle ones are woken
twice a minute even if nothing waits, and by that are known to be there.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from nodes.models import Node, Run
from nodes.runs import queue
from nodes.runs.node_status import WAKE_EVERY
from nodes.waking import messages
from submissions.models import Entry
from submissions.states import EntryState

MESSAGES_AT_MOST = 20  # in a queue; nodes that are away would let it grow for ever
QUIET_FOR = 10  # seconds without a try after a broker that took no message

_quiet_until = 0.0  # by the monotonic clock, of this process


def wake_for(entry: int) -> None:
    """Send a wake-up if a node is free that could run an entry, and the entry waits still.

    Several entries of the same image wake several nodes.
    """
    global _quiet_until
    if not settings.NODES_BROKER_URL or time.monotonic() < _quiet_until:
        return
    needs_gpu = (
        Entry.objects.filter(pk=entry, state=EntryState.WAITING)
        .values_list("submission__needs_gpu", flat=True)
        .first()
    )
    if needs_gpu is None:
        return
    free = _idle().filter(drained_at=None, failing_since=None)
    if not (free.exclude(gpus=[]) if needs_gpu else free.filter(takes_cpu_work=True)).exists():
        return
    if not messages.wake([messages.GPU if needs_gpu else messages.CPU]):
        _quiet_until = time.monotonic() + QUIET_FOR


def _idle() -> QuerySet[Node]:
    busy = Run.objects.filter(node=OuterRef("pk"), ended_at=None)
    return Node.objects.filter(~Exists(busy), revoked_at=None)


def wake_idle() -> int:
    """Wake idle nodes for what waits, and those not heard of for a while; return how many.

    What lies in a queue unheard is not sent again.
    """
    if not settings.NODES_BROKER_URL:
        return 0
    idle = list(_idle())
    needs = list(
        queue.waiting().values_list("submission__needs_gpu", flat=True)[: 2 * MESSAGES_AT_MOST]
    )
    return sum(
        messages.wake([name] * max(min(wanted, MESSAGES_AT_MOST) - _unheard(name), 0))
        for name, wanted in (
            (messages.GPU, _wanted(idle, needs.count(True), is_gpu=True)),
            (messages.CPU, _wanted(idle, needs.count(False), is_gpu=False)),
        )
        if wanted
    )


def _wanted(idle: list[Node], waiting: int, *, is_gpu: bool) -> int:
    """Return how many messages a queue is to hold."""
    takers = sum(
        node.drained_at is None
        and node.failing_since is None
        and (bool(node.gpus) if is_gpu else node.takes_cpu_work)
        for node in idle
    )
    before = timezone.now() - timedelta(seconds=WAKE_EVERY)
    silent = sum(
        bool(node.gpus) == is_gpu and (node.last_seen_at is None or node.last_seen_at < before)
        for node in idle
    )
    return max(min(waiting, takers), silent)


def _unheard(name: str) -> int:
    """Return how many messages lie in a queue; none if it is not there yet, or can't be asked."""
    try:
        with messages.connect() as connection:
            channel: Any = connection.default_channel  # its stubs know none of its methods
            try:
                count: int = channel.queue_declare(name, passive=True).message_count
            except connection.channel_errors:
                return 0
            return count
    except (OperationalError, OSError):
        return 0  # the next message will say what is wrong
