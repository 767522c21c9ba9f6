"""Heartbeats of the platform's own parts, and the times in which the platform was away.

While the platform is away no node can renew a lease, so a lease that ended then says nothing
about its node.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from health.models import Absence, Heartbeat

WEB, SWEEPER = "web", "sweeper"  # WEB: the web servers that answer nodes
NODES_ROLE = "nodes"
WEB_ROLE_OF = "web for "  # and the role of a web server that does not answer nodes
WORKER_OF = "worker for "  # and the name of a queue
PLATFORM = (WEB, SWEEPER)  # what a node's lease depends on
LONGEST_PAUSE = 15.0  # seconds between two heartbeats of a part
BEATS_IN_A_LEASE = 4  # at least: an absence that ends a lease has to be seen
MISSED_BEATS = 2.5  # heartbeats later a part counts as away
# Seconds. No node keeps a run for longer without an answer (NODE_PATIENCE), so a part that has
# gone for good holds up nothing.
LONGEST_ABSENCE = 3600.0
KEPT_FOR = timedelta(days=90)


def web_part(role: str) -> str:
    """Return the name of the part for a web server of this role; without a role it serves all."""
    return WEB if role in ("", NODES_ROLE) else f"{WEB_ROLE_OF}{role}"


def pause() -> float:
    """Return the seconds between two heartbeats of a part."""
    return min(LONGEST_PAUSE, settings.NODE_LEASE / BEATS_IN_A_LEASE)


def beat(part: str) -> None:
    """Write a heartbeat of a part; after a gap, also record that it was away."""
    rows = Heartbeat.objects.filter(part=part)
    if rows.filter(at__gte=Now() - _limit(part)).update(at=Now()):
        return  # as usual, without a gap: a single statement
    with transaction.atomic():
        heartbeat = rows.select_for_update().first()
        if heartbeat is None:
            # It may fail, as another process of the part was faster.
            with suppress(IntegrityError), transaction.atomic():
                Heartbeat.objects.create(part=part, at=Now())
            return
        rows.update(at=Now())
        now = rows.values_list("at", flat=True).get()
        if now - heartbeat.at > _limit(part):
            Absence.objects.create(part=part, since=heartbeat.at, until=now)
            Absence.objects.filter(until__lt=now - KEPT_FOR).delete()


def platform_was_away(since: datetime, until: datetime) -> bool:
    """Return whether the platform did not answer for a part of this period.

    It was away if its web servers or its sweeper wrote no heartbeat for a while. A part
    that has never written a heartbeat does not count.
    """
    overlapping = Absence.objects.filter(part__in=PLATFORM, since__lt=until, until__gt=since)
    return overlapping.exists() or _present_absence(until) is not None


def absences_since(since: datetime, now: datetime) -> list[Absence]:
    """Return the platform's absences that ended after `since`, by their end.

    If the platform is away now, the last is this absence: not saved, and until `now`.
    """
    ended = Absence.objects.filter(part__in=PLATFORM, until__gt=since).order_by("until")
    present = _present_absence(now)
    return [*ended, *([present] if present else [])]


def last_sign_of_web(now: datetime) -> datetime:
    """Return when the web servers last wrote that they were there; `now` if they never did.

    Servers that have been silent for longer than LONGEST_ABSENCE count as never there.
    """
    oldest = now - timedelta(seconds=LONGEST_ABSENCE)
    beats = Heartbeat.objects.filter(part=WEB, at__gt=oldest).values_list("at", flat=True)
    return min(beats.first() or now, now)


def _present_absence(now: datetime) -> Absence | None:
    """Return the absence, not saved, of a part of the platform that is silent now."""
    oldest = now - timedelta(seconds=LONGEST_ABSENCE)
    for heartbeat in Heartbeat.objects.filter(part__in=PLATFORM, at__gt=oldest).order_by("at"):
        if heartbeat.at < now - _limit(heartbeat.part):
            return Absence(part=heartbeat.part, since=heartbeat.at, until=now)
    return None


def _limit(part: str) -> timedelta:
    # The sweeper writes its heartbeat as it sweeps: a thread would hide that it hangs.
    usual = max(pause(), settings.SWEEP_INTERVAL) if part == SWEEPER else pause()
    return timedelta(seconds=MISSED_BEATS * usual)
