"""Health checks: for probes, for monitoring, and for organisers on the status page."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.db.models import Q
from django.db.models.functions import Now

from files import marker
from health import presence
from health.models import Heartbeat
from submissions import work

logger = logging.getLogger(__name__)

T = TypeVar("T")
HEARD_WITHIN = 60.0  # seconds
WEB_KNOWN_FOR = timedelta(days=1)
ASK_AGAIN = 5.0  # seconds for which an answer about everything holds
LOOK_AGAIN = 1.0  # seconds for which an answer about database and storage holds


class Recent(Generic[T]):
    """A value that is computed at most once in a while, however often it is asked for.

    While a thread computes it, the others are given the last answer: frequent questions hold up
    no more than one thread.
    """

    def __init__(self, find: Callable[[], T], *, seconds: float) -> None:
        self._find = find
        self._seconds = seconds
        self._lock = threading.Lock()
        self._last: tuple[float, T] | None = None  # when it was computed, and its value

    def get(self) -> T:
        """Return the value."""
        last = self._last
        if last is not None and time.monotonic() < last[0] + self._seconds:
            return last[1]
        if not self._lock.acquire(blocking=last is None):
            assert last is not None
            return last[1]
        try:
            if self._last is not last:  # another thread has computed it while we waited
                return self._last[1] if self._last else self._find()
            value = self._find()
            self._last = (time.monotonic(), value)
            return value
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Compute it again with the next question."""
        self._last = None


def what_pages_lack() -> tuple[str, ...]:
    """Return the names of what pages need and do not have: the database, the storage."""
    try:
        fault = marker.find_fault()
    except Error as error:  # also an InterfaceError: a connection that has ended
        connection.close()  # or the next question would get the same broken connection
        logger.error("the database does not answer: %s", error)
        return ("database",)
    if fault:
        logger.error("%s", fault)
    return ("storage",) if fault else ()


def what_is_missing() -> tuple[str, ...]:
    """Return the names of everything that is missing: also broker, sweeper, workers."""
    missing = list(what_pages_lack())
    if not work.is_broker_up():
        missing.append("broker")
    if "database" not in missing:
        missing += _silent_parts()
    return tuple(missing)


def _silent_parts() -> list[str]:
    workers = [f"{presence.WORKER_OF}{queue.name}" for queue in settings.CELERY_TASK_QUEUES]
    limits = dict.fromkeys(workers, HEARD_WITHIN)
    # The operator decides which web servers exist: we expect those seen within a day.
    is_web = Q(part=presence.WEB) | Q(part__startswith=presence.WEB_ROLE_OF)
    web = Heartbeat.objects.filter(is_web, at__gt=Now() - WEB_KNOWN_FOR)
    limits |= dict.fromkeys(web.values_list("part", flat=True), HEARD_WITHIN)
    limits[presence.SWEEPER] = max(HEARD_WITHIN, presence.MISSED_BEATS * settings.SWEEP_INTERVAL)
    heard: set[str] = set()
    for part, seconds in limits.items():
        since = Now() - timedelta(seconds=seconds)
        if Heartbeat.objects.filter(part=part, at__gt=since).exists():
            heard.add(part)
    return [part for part in sorted(limits) if part not in heard]


readiness = Recent(what_pages_lack, seconds=LOOK_AGAIN)
everything = Recent(what_is_missing, seconds=ASK_AGAIN)
