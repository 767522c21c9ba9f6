"""How a run ends, and what becomes of its entry, its node and its image."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from images.models import Image
from nodes.clock import database_now
from nodes.models import TEAMS_FAULT, Node, Run
from submissions import work
from submissions.models import Entry
from submissions.states import EntryState

logger = logging.getLogger(__name__)

Ending = Run.Ending

MAX_ATTEMPTS = 3  # of an entry and purpose that end on our side
FAILURES_TO_DRAIN = 2  # of a node's engine, or of the GPU that it says it has, in a row
NODES_TO_QUARANTINE = 3  # that fell silent while they ran an image
OURS = frozenset({Ending.NODE_LOST, Ending.IMAGE_UNAVAILABLE, Ending.NO_GPU, Ending.ENGINE_ERROR})
OF_THE_NODE = frozenset({Ending.NO_GPU, Ending.ENGINE_ERROR})
WORDS: Mapping[str, str] = {
    Ending.NODE_LOST: "the machine fell silent",
    Ending.IMAGE_UNAVAILABLE: "the machine was not given the image and its work",
    Ending.NO_GPU: "the machine could not give it a GPU",
    Ending.ENGINE_ERROR: "the machine's container engine failed",
    Ending.HANDED_BACK: "the machine was taken out of service",
    Ending.CANCELLED: "the machine stopped it",
}
REASON_QUARANTINED = (
    f"{NODES_TO_QUARANTINE} machines fell silent while they ran this image, so it "
    "is given to no other one. The organisers can see this; write to them."
)


def attempts(entry: Entry, purpose: str) -> int:
    """Count the runs of an entry that ended on our side, since it was last requeued."""
    runs = Run.objects.filter(entry=entry, purpose=purpose, outcome__in=OURS)
    if entry.requeued_at is not None:
        runs = runs.filter(started_at__gt=entry.requeued_at)
    return runs.count()


def lose(run_id: int, *, reason: str, overdue_only: bool = False) -> bool:
    """Close a run whose node is not heard of any more; False if it has ended meanwhile."""
    entry_id = Run.objects.values_list("entry_id", flat=True).get(pk=run_id)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        runs = Run.objects.filter(pk=run_id, ended_at=None)
        if overdue_only:
            runs = runs.filter(lease_until__lte=database_now())
        return end(runs.select_for_update().first(), entry, Ending.NODE_LOST, {"detail": reason})


def cut_short(run_id: int) -> bool:
    """Close a run that its node does not end; False if it has ended meanwhile."""
    entry_id = Run.objects.values_list("entry_id", flat=True).get(pk=run_id)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        run = Run.objects.filter(pk=run_id, ended_at=None).select_for_update().first()
        detail = "its node said that it was alive, long after the run had to be over"
        return end(run, entry, Ending.ENGINE_ERROR, {"detail": detail})


def take_back(run_id: int) -> bool:
    """Close a run that its node was never told of, by no fault of the node or the image."""
    entry_id = Run.objects.values_list("entry_id", flat=True).get(pk=run_id)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        run = Run.objects.filter(pk=run_id, ended_at=None).select_for_update().first()
        detail = "our side could not put together what the node is told; the server's log says why"
        return end(run, entry, Ending.IMAGE_UNAVAILABLE, {"detail": detail})


def end(run: Run | None, entry: Entry, outcome: str, columns: Mapping[str, Any]) -> bool:
    """Close a run whose row and entry are locked, and move what follows from it."""
    if run is None:
        return False
    Run.objects.filter(pk=run.pk).update(ended_at=database_now(), outcome=outcome, **columns)
    run.refresh_from_db()
    _judge_node(run)
    # One that has never said a word about the run may not even have heard of it.
    if outcome == Ending.NODE_LOST and run.stage != Run.Stage.CLAIMED:
        _count_loss(run)
    if entry.state == EntryState.RUNNING:
        _move_entry(run, entry)
    return True


def _move_entry(run: Run, entry: Entry) -> None:
    is_smoke = run.purpose == Run.Purpose.SMOKE
    if run.outcome == Ending.OK and is_smoke:
        _move(entry, EntryState.WAITING, "smoke run passed")
    elif run.outcome == Ending.OK:
        Entry.objects.filter(pk=entry.pk).update(hypotheses=run.hypotheses)
        _move(entry, EntryState.SCORING, "")
        entry.refresh_from_db()
        work.announce(entry)
    elif run.outcome in TEAMS_FAULT and is_smoke:
        _reject_all(run, entry)
    elif run.outcome in TEAMS_FAULT:
        _move(entry, EntryState.REJECTED, run.message)
    else:
        _retry(run, entry)


def _retry(run: Run, entry: Entry) -> None:
    why = WORDS[run.outcome]
    if run.image.quarantined_at is not None:
        _move(entry, EntryState.FAILED, REASON_QUARANTINED)
    elif run.outcome in OURS and attempts(entry, run.purpose) >= MAX_ATTEMPTS:
        reason = (
            f"Our side failed: {MAX_ATTEMPTS} attempts to run it ended without a result; in the "
            f"last one {why}. Nothing is wrong with what you sent as far as we know. The "
            "organisers can see this; you can send it again."
        )
        _move(entry, EntryState.FAILED, reason)
    else:
        _move(entry, EntryState.WAITING, f"{why}; it goes to another one")


def _reject_all(run: Run, entry: Entry) -> None:
    """Reject the whole submission for a language pair whose sample sentences it failed on."""
    reason = f"In the smoke run, on sample sentences: {run.message}"
    same = Entry.objects.select_for_update().filter(
        submission=run.submission_id,
        test_set__source_language=run.source_language,
        test_set__target_language=run.target_language,
        state=EntryState.WAITING,
    )
    for one in [entry, *same.order_by("pk")]:
        _move(one, EntryState.REJECTED, reason)


def _move(entry: Entry, to: str, reason: str) -> None:
    work.move(entry, old=[entry.state], to=to, reason=reason)


def _judge_node(run: Run) -> None:
    nodes = Node.objects.filter(pk=run.node_id)
    if run.outcome in OF_THE_NODE:
        nodes.update(failures=F("failures") + 1)
        drained = nodes.filter(failures__gte=FAILURES_TO_DRAIN, drained_at=None).update(
            drained_at=timezone.now(),
            drain_reason=f"its engine failed {FAILURES_TO_DRAIN} times in a row: {run.detail}"[
                :500
            ],
        )
        if drained:
            logger.error("node %s is drained: its engine fails", run.node_id)
    elif run.outcome == Ending.OK or run.outcome in TEAMS_FAULT:  # its engine works
        nodes.update(failures=0)


def _count_loss(run: Run) -> None:
    images = Image.objects.filter(pk=run.image_id)
    images.update(nodes_lost=F("nodes_lost") + 1)
    full = images.filter(nodes_lost__gte=NODES_TO_QUARANTINE, quarantined_at=None)
    if full.update(quarantined_at=timezone.now()):
        logger.error("image %s is in quarantine", run.image_id)
        fail_quarantined(Entry.objects.filter(submission__image=run.image_id))
    run.image.refresh_from_db()


def fail_quarantined(entries: QuerySet[Entry]) -> int:
    """Fail what waits although nothing will run its image; return how many."""
    waiting = entries.filter(
        state=EntryState.WAITING, submission__image__quarantined_at__isnull=False
    )
    failed = 0
    for entry in waiting.order_by("pk"):
        with transaction.atomic():
            failed += work.move(
                entry, old=[EntryState.WAITING], to=EntryState.FAILED, reason=REASON_QUARANTINED
            )
    return failed
