"""Whom to wake for an entry that has just begun to wait. The sweeper wakes for what was missed."""

from __future__ import annotations

import time

from django.conf import settings
from django.db.models import Exists, OuterRef

from nodes import wake
from nodes.models import Node, Run
from submissions.models import Entry
from submissions.states import EntryState

QUIET_FOR = 10  # seconds without a try after a broker that took no message

_quiet_until = 0.0  # by the monotonic clock, of this process


def wake_for(entry: int) -> None:
    """Send one wake-up if a node is free that could run an entry, and the entry waits still.

    Several entries of one image wake several nodes.
    """
    global _quiet_until
    if not settings.NODES_BROKER_URL or time.monotonic() < _quiet_until:
        return
    needs_gpu = (
        Entry.objects.filter(pk=entry, state=EntryState.WAITING)
        .values_list("submission__needs_gpu", flat=True)
        .first()
    )
    if needs_gpu is None or not _is_one_free(needs_gpu=needs_gpu):
        return
    if not wake.wake([wake.GPU if needs_gpu else wake.CPU]):
        _quiet_until = time.monotonic() + QUIET_FOR


def _is_one_free(*, needs_gpu: bool) -> bool:
    busy = Run.objects.filter(node=OuterRef("pk"), ended_at=None)
    free = Node.objects.filter(~Exists(busy), revoked_at=None, drained_at=None)
    return (free.exclude(gpus=[]) if needs_gpu else free.filter(takes_cpu_work=True)).exists()
