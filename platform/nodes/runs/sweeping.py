"""The sweep of runs: what is overdue is lost, what runs nowhere waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from health import presence
from nodes.models import Run
from nodes.runs import endings, quarantine
from nodes.runs.clock import database_now
from nodes.runs.leases import overdue_runs, prolong_leases
from submissions import work
from submissions.models import Entry
from submissions.states import EntryState

logger = logging.getLogger(__name__)

ROWS_AT_MOST = 500  # in a sweep; the rest has its turn in the next


@dataclass(frozen=True, slots=True)
class SweptRuns:
    """What a sweep of the runs did."""

    prolonged: int = 0  # leases that could not be renewed, as the platform was away
    lost: int = 0  # runs whose lease had ended
    cut_short: int = 0  # runs that went on although their time was over
    returned: int = 0  # entries that ran nowhere
    failed: int = 0  # entries of images that nothing runs


def sweep_runs() -> SweptRuns:
    """Close what is overdue, and return to the queue what runs nowhere."""
    entries = Entry.objects.filter(state__in=[EntryState.WAITING, EntryState.RUNNING])
    if not entries.exists() and not Run.objects.filter(ended_at=None).exists():
        return SweptRuns()
    # Read first: a web server that comes back during this sweep writes its absence with its sign.
    seen_at = presence.last_sign_of_web(database_now())
    overdue = overdue_runs(seen_at).values_list("pk", flat=True)[:ROWS_AT_MOST]
    done = SweptRuns(
        prolonged=prolong_leases(),  # before the overdue are read
        lost=sum(endings.lose(pk, reason="its lease ended", overdue_only=True) for pk in overdue),
        cut_short=_cut_short(),
        returned=_return_homeless(),
        failed=quarantine.fail_waiting(Entry.objects.all()),
    )
    if done != SweptRuns():
        logger.info("%s", done)
    return done


def _cut_short() -> int:
    """A node whose engine hangs renews its lease for ever: then the run's time decides."""
    now = database_now()
    dwell = timedelta(seconds=settings.RUN_DWELL)
    old = Run.objects.filter(ended_at=None, started_at__lte=now - dwell)
    return sum(
        endings.cut_short(run.pk)
        for run in old.select_related("entry__test_set__phase")
        if run.started_at + timedelta(seconds=run.entry.test_set.phase.limits.wall_time)
        <= now - dwell
    )


def _return_homeless() -> int:
    """Return entries to the queue that are marked as running but have no open run."""
    open_runs = Run.objects.filter(entry=OuterRef("pk"), ended_at=None)
    rows = Entry.objects.filter(~Exists(open_runs), state=EntryState.RUNNING)
    returned = 0
    for pk in list(rows.values_list("pk", flat=True)[:ROWS_AT_MOST]):
        with transaction.atomic():
            entry = Entry.objects.select_for_update().get(pk=pk)
            if Run.objects.filter(entry=entry, ended_at=None).exists():
                continue  # another sweep has returned it, and a node has taken it
            old, reason = [EntryState.RUNNING], "it ran nowhere"
            returned += work.move(entry, old=old, to=EntryState.WAITING, reason=reason)
    return returned
