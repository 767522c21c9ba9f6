"""Leases that could not be renewed because the platform itself was away."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from health import presence
from nodes.clock import database_now
from nodes.models import Run


def prolong_leases() -> int:
    """Extend the lease of each run that was alive when the platform went away; return how many.

    The lease is counted from when the platform was back, so doing it again changes nothing. A run
    that had gone silent before, or that was heard of since, is left alone.
    """
    absence = presence.last_absence(database_now())
    if absence is None:
        return 0
    lease = timedelta(seconds=settings.NODE_LEASE)
    until = absence.until + lease
    runs = Run.objects.filter(
        ended_at=None,
        heartbeat_at__gt=absence.since - lease,
        heartbeat_at__lt=absence.until,
        lease_until__lt=until,
    )
    return runs.update(lease_until=until)


def overdue_runs() -> QuerySet[Run]:
    """Return the open runs whose lease has ended although a web server could have renewed it.

    A web server has to have been there after the end of the lease. Until then an absence that
    has just begun is not known yet, and its nodes are not lost.
    """
    now = database_now()
    return Run.objects.filter(ended_at=None, lease_until__lte=presence.last_sign_of_web(now))
