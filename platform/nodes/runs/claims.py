"""Which run a node gets next: teams take turns, and the oldest entry of a team comes first.

Writers lock in this order: entries, runs, nodes, images, turns.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from evaluator.container import SENTENCES
from nodes.models import Node, Run
from nodes.runs import endings, fitness, processes, retries, turns
from nodes.runs.clock import database_now
from nodes.runs.fitness import Health
from nodes.runs.processes import Process
from submissions import work
from submissions.models import Entry, Submission
from submissions.states import EntryState

logger = logging.getLogger(__name__)

RACES = 10  # with other nodes that are lost before a node waits for the next wake-up
SMOKE_SEGMENTS = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """What a node says of itself when it asks."""

    cpus: float
    memory: int  # bytes
    gpus: tuple[str, ...]  # ids, as its engine knows them
    runtime: str
    version: str
    engine: str = ""  # its engine's own id: nodes with the same engine are the same machine
    image_budget: int | None = None  # bytes of an image's files that it has room for; None: any


def claim(
    node: Node, offer: Offer, process: Process | None = None, health: Health | None = None
) -> Run | None:
    """Give a node its next run, or None if no entry waits for such a node. Raises AnotherProcess.

    A node that asks while it has a run knows nothing of it: the run is lost. `health` is the
    result of its latest check of itself.
    """
    is_new = processes.admit(node, process)
    _note(node, offer)
    _lose_open_runs(node, is_new=is_new)
    if health is not None:
        fitness.note_check(node.pk, health)
    node.refresh_from_db()
    if not _may_be_given(node) or not _anything_waits():
        return None
    for _ in range(RACES):
        try:
            with transaction.atomic():
                entry = _next(node, offer)
                return _begin(entry, node, offer) if entry else None
        except IntegrityError:  # another node was faster; the constraints have decided
            logger.info("node %s lost a race for a run", node)
    return None


def _lose_open_runs(node: Node, *, is_new: bool) -> None:
    why = "it has restarted" if is_new else "it never learned of this run"
    for run in Run.objects.filter(node=node, ended_at=None):
        endings.lose(run.pk, reason=f"its node asked for another run: {why}")
        if is_new:
            fitness.note_restart(node.pk)


def _may_be_given(node: Node) -> bool:
    is_in_service = node.drained_at is None and node.failing_since is None
    return is_in_service and not fitness.wait_of(node, database_now())


def _anything_waits() -> bool:
    """Return whether any entry waits: asked first, as idle nodes ask often and planning is dear."""
    return Entry.objects.filter(state=EntryState.WAITING, withdrawn_at=None).exists()


def has_sample(language: str) -> bool:
    """Return whether there are public sentences for a smoke run from this language."""
    return language.partition("-")[0] in SENTENCES


def _note(node: Node, offer: Offer) -> None:
    Node.objects.filter(pk=node.pk).update(
        last_seen_at=database_now(),
        cpus=offer.cpus,
        memory=offer.memory,
        gpus=list(offer.gpus),
        runtime=offer.runtime,
        version=offer.version,
        engine=offer.engine,
    )


def _next(node: Node, offer: Offer) -> Entry | None:
    is_locking = connection.features.has_select_for_update_skip_locked
    rows = Entry.objects.select_for_update(skip_locked=is_locking, of=("self",))
    entries = fitting(
        rows,
        memory=offer.memory,
        has_gpu=bool(offer.gpus),
        takes_cpu_work=node.takes_cpu_work,
    )
    if offer.image_budget is not None:
        entries = entries.filter(submission__image__unpacked__lte=offer.image_budget)
    return turns.next_in_turn(retries.elsewhere_first(entries, node)).first()


def fitting(
    entries: QuerySet[Entry], *, memory: int, has_gpu: bool, takes_cpu_work: bool = True
) -> QuerySet[Entry]:
    """Choose the entries that a node of this kind could be given now."""
    # Only one sibling makes a smoke run; the others wait for it.
    siblings_smoke = Run.objects.filter(
        submission=OuterRef("submission"),
        source_language=OuterRef("test_set__source_language"),
        target_language=OuterRef("test_set__target_language"),
        purpose=Run.Purpose.SMOKE,
        ended_at=None,
    )
    entries = entries.filter(
        ~Exists(siblings_smoke),
        state=EntryState.WAITING,
        withdrawn_at=None,
        test_set__phase__in=retries.phases_within(memory),
        submission__kind=Submission.Kind.IMAGE,
        submission__image__quarantined_at=None,
    )
    if not has_gpu:
        return entries.filter(submission__needs_gpu=False)
    return entries if takes_cpu_work else entries.filter(submission__needs_gpu=True)


def _begin(entry: Entry, node: Node, offer: Offer) -> Run:
    assert entry.submission is not None  # `fitting` chose it
    assert entry.submission.image is not None
    test_set, image = entry.test_set, entry.submission.image
    purpose, reason = _purpose(entry)
    is_smoke = purpose == Run.Purpose.SMOKE
    if not work.move(entry, old=[EntryState.WAITING], to=EntryState.RUNNING, reason=reason):
        raise IntegrityError("somebody else moved it")
    earlier = Run.objects.filter(entry=entry)
    fence = earlier.aggregate(last=Max("fence"))["last"] or 0
    now = database_now()
    run = Run.objects.create(
        entry=entry,
        submission=entry.submission,
        image=image,
        source_language=test_set.source_language,
        target_language=test_set.target_language,
        purpose=purpose,
        node=node,
        gpus=list(offer.gpus[:1]) if entry.submission.needs_gpu else [],
        attempt=retries.spoilt_runs(entry, purpose).count() + 1,
        fence=fence + 1,
        lease_until=now + timedelta(seconds=settings.NODE_LEASE),
        started_at=now,
        heartbeat_at=now,
        segments=SMOKE_SEGMENTS if is_smoke else test_set.segments,
    )
    turns.take_turn(entry.submission.team_id, now)
    return run


def _purpose(entry: Entry) -> tuple[str, str]:
    """Return what an entry's next run is for, and what its timeline says of it."""
    test_set = entry.test_set
    assert entry.submission is not None
    if not has_sample(test_set.source_language):
        language = test_set.source_language
        return Run.Purpose.TEST, f"no smoke run: there are no sample sentences in {language}"
    # Of this submission: the phase of another may have other limits, and its team another image.
    passed = Run.objects.filter(
        submission=entry.submission,
        source_language=test_set.source_language,
        target_language=test_set.target_language,
        purpose=Run.Purpose.SMOKE,
        outcome=Run.Ending.OK,
    )
    if passed.exists():
        return Run.Purpose.TEST, "on the test set"
    return Run.Purpose.SMOKE, "a smoke run on sample sentences first"
