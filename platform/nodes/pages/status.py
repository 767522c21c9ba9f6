"""How busy the site is: numbers alone, of everything together, so that they tell of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone

from nodes.runs import queue
from nodes.runs.node_status import NodeStatuses
from sharedtasks.states import OF_TEST_SET, PUBLIC, are_in
from submissions.models import Entry, Submission
from submissions.states import EntryState, SubmissionState

MINUTE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Status:
    """What waits, what is at work, and which machines there are."""

    waiting_cpu: int
    waiting_gpu: int
    running: int
    scoring: int
    checking: int
    waiting_since: datetime | None  # the entry that has waited longest
    machines: NodeStatuses
    is_configured: bool  # there are nodes, or the way to wake them

    @property
    def waiting(self) -> int:
        """Return how many systems wait for a node."""
        return self.waiting_cpu + self.waiting_gpu

    @property
    def notes(self) -> list[str]:
        """Return what keeps waiting systems from being run."""
        kinds = [(self.waiting_cpu, False), (self.waiting_gpu, True)]
        notes = [
            queue.why_nothing_moves(self.machines, needs_gpu=needs_gpu)
            for count, needs_gpu in kinds
            if count
        ]
        return list(dict.fromkeys(note for note in notes if note))

    @property
    def facts(self) -> tuple[object, ...]:
        """Return all that can change on the page."""
        waited = self.waiting_since and timezone.now() - self.waiting_since
        minutes = int(waited.total_seconds() // MINUTE) if waited else None
        counts = (self.waiting_cpu, self.waiting_gpu, self.running, self.scoring, self.checking)
        return (counts, minutes, self.machines, self.is_configured)


def now() -> Status:
    """Look; three queries."""
    is_waiting = Q(pk__in=queue.waiting().values("pk"))
    needs_gpu = Q(submission__needs_gpu=True)
    is_public = are_in(OF_TEST_SET, PUBLIC, "test_set__")
    unfinished = [EntryState.WAITING, EntryState.RUNNING, EntryState.SCORING]
    entries = Entry.objects.filter(state__in=unfinished).aggregate(
        waiting_cpu=Count("pk", filter=is_waiting & ~needs_gpu),
        waiting_gpu=Count("pk", filter=is_waiting & needs_gpu),
        running=Count("pk", filter=Q(state=EntryState.RUNNING)),
        scoring=Count("pk", filter=Q(state=EntryState.SCORING) & is_public),
        waiting_since=Min("state_since", filter=is_waiting),
    )
    machines = NodeStatuses.now()
    return Status(
        **entries,
        checking=Submission.objects.filter(state=SubmissionState.CHECKING).count(),
        machines=machines,
        is_configured=bool(machines.rows or settings.NODES_BROKER_URL),
    )
