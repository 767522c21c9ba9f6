"""Leases that could not be renewed because the platform itself was away."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, QuerySet

from health import presence
from nodes.models import Run
from nodes.runs.clock import database_now


def prolong_leases() -> int:
    """Extend each lease that ended while the platform was away; return how many extensions.

    The lease is counted from when the platform was back, so doing it again changes nothing. A run
    whose lease had ended before the absence, or that was heard of since, is left alone. Absences
    are taken in their order: a lease that was extended for the first may end in the second.
    """
    runs = Run.objects.filter(ended_at=None)
    oldest = runs.aggregate(at=Min("heartbeat_at"))["at"]
    if oldest is None:
        return 0
    lease = timedelta(seconds=settings.NODE_LEASE)
    return sum(
        runs.filter(
            heartbeat_at__lt=absence.until,
            lease_until__gte=absence.since,
            lease_until__lt=absence.until + lease,
        ).update(lease_until=absence.until + lease)
        for absence in presence.absences_since(oldest, database_now())
    )


def overdue_runs(seen_at: datetime) -> QuerySet[Run]:
    """Return the open runs whose lease had ended when a web server was last there (`seen_at`).

    A web server has to have been there after the end of the lease: until then an absence that
    has just begun is not known yet, and its nodes are not lost.
    """
    return Run.objects.filter(ended_at=None, lease_until__lte=seen_at)
