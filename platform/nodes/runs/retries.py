"""Attempts that failed on our side: how many an entry may have, and on which node it is retried.

A retry prefers another node, and a node counts once: a sick node cannot use up the attempts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from nodes.models import OURS, Node, Run
from nodes.runs.clock import database_now
from nodes.runs.node_status import NodeStatus, NodeStatuses
from sharedtasks.models import Phase
from submissions.models import Entry

NODES_AT_MOST = 3  # on which an entry and purpose fails on our side
RUNS_AT_MOST = 9  # on however few nodes: three times what a node may spoil before its check
ELSEWHERE_FOR = timedelta(minutes=10)  # that a retry waits for another node


def pause() -> timedelta:
    """Return how long a node waits before it retries an image that its engine has refused."""
    return timedelta(seconds=settings.IMAGE_RETRY_PAUSE)


def phases_within(memory: int) -> list[int]:
    """Return the phases whose runs may not take more memory than this, in bytes."""
    # Of all there are, which are few: what a phase leaves out, the contract says.
    phases = Phase.objects.only("run_limits")
    return [phase.pk for phase in phases if phase.limits.memory <= memory]


def spoilt_runs(entry: Entry, purpose: str) -> QuerySet[Run]:
    """Return the runs of an entry that are counted as attempts: they ended on our side.

    The entry counts them. After a smoke run that passed, those of the test set begin from none.
    """
    last = Run.objects.filter(entry=entry, outcome__in=OURS).order_by("-pk")[: entry.attempts]
    return Run.objects.filter(pk__in=last.values("pk"), purpose=purpose)


def is_exhausted(entry: Entry, purpose: str) -> bool:
    """Return whether an entry has had all of its attempts."""
    runs = spoilt_runs(entry, purpose)
    nodes = runs.order_by().values("node").distinct().count()
    return nodes >= NODES_AT_MOST or runs.count() >= RUNS_AT_MOST


def elsewhere_first(entries: QuerySet[Entry], node: Node) -> QuerySet[Entry]:
    """Leave out what failed on a node lately and another node can take; note when it failed there.

    `failed_here_at` sorts what nobody else can take after everything else, so that nothing waits
    for it: None, then the failure that is longest ago.
    """
    now = database_now()
    if not _has_failed(now - max(ELSEWHERE_FOR, pause())):  # as usual: the rest takes long to plan
        return entries.annotate(failed_here_at=Cast(Value(None), DateTimeField()))
    since = now - ELSEWHERE_FOR
    here = _failed(since).filter(node=node).order_by("-ended_at")
    entries = entries.annotate(failed_here_at=Subquery(here.values("ended_at")[:1]))
    refused = _failed(now - pause()).filter(node=node, outcome__in=OURS).exclude(refused_step="")
    others = [
        other for other in NodeStatuses.now().rows if other.is_there and other.is_other_than(node)
    ]
    cpu = _untried(since, (other for other in others if other.takes_cpu_work))
    gpu = _untried(since, (other for other in others if other.has_gpu))
    elsewhere = Q(submission__needs_gpu=False) & cpu | Q(submission__needs_gpu=True) & gpu
    return entries.exclude(Exists(refused)).exclude(elsewhere, failed_here_at__isnull=False)


def others_serve(run: Run) -> bool:
    """Return whether a node other than the run's could run its image."""
    submission = run.entry.submission
    assert submission is not None
    memory = run.entry.test_set.phase.limits.memory
    return any(
        other.is_other_than(run.node)
        and other.serves(needs_gpu=submission.needs_gpu, memory=memory)
        for other in NodeStatuses.now().rows
    )


def _has_failed(since: datetime) -> bool:
    """Return whether any run speaks against its node, for whichever entry."""
    return Run.objects.filter(
        Q(outcome__in=OURS) | ~Q(refused_step=""), ended_at__gte=since
    ).exists()


def _failed(since: datetime) -> QuerySet[Run]:
    """Return the runs that speak against a node for an entry: its own, or another of its image."""
    own = Q(entry=OuterRef("pk"), outcome__in=OURS)
    of_image = Q(image=OuterRef("submission__image")) & ~Q(refused_step="")
    return Run.objects.filter(own | of_image, ended_at__gte=since)


def _untried(since: datetime, nodes: Iterable[NodeStatus]) -> Q:
    """Return the condition that any of these nodes could run an entry and has not failed it."""
    condition = Q(pk__in=[])
    for other in nodes:
        is_untried = Q(~Exists(_failed(since).filter(node=other.pk)))
        condition |= is_untried & Q(test_set__phase__in=phases_within(other.memory))
    return condition
