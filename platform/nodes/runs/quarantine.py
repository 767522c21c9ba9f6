"""Quarantine: images with which several nodes fell silent are not run any more."""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from health.presence import platform_was_away
from images.models import Image
from nodes.models import Run
from submissions import work
from submissions.models import Entry, StateChange
from submissions.services.requeueing import requeue_entry
from submissions.states import MOVE_KINDS, ChangeKind, EntryState

logger = logging.getLogger(__name__)

NODES_TO_QUARANTINE = 3
RECENT = timedelta(days=1)  # in which a node that loses other images, too, is itself in trouble
REASON = (
    f"{NODES_TO_QUARANTINE} machines fell silent while they ran this image, so no other "
    "machine runs it. The organisers can see this: write to them."
)
REASON_LIFTED = "requeued, as its image is no longer in quarantine"


def count_loss(run: Run) -> None:
    """Count the nodes that fell silent with an image again, after another did."""
    image = Image.objects.filter(pk=run.image_id)
    image.select_for_update(no_key=True).get()  # of several losses at once each counts those before
    lost = len(_nodes_lost(run.image))
    image.update(nodes_lost=lost)
    if lost >= NODES_TO_QUARANTINE and image.filter(quarantined_at=None).update(
        quarantined_at=timezone.now()
    ):
        logger.error("image %s is in quarantine", run.image_id)
        changes = {"nodes_lost": (run.image.nodes_lost, lost)}
        actor = Actor.of_platform("sweep")
        record_event(actor=actor, action=Action.QUARANTINED, row=run.image, changes=changes)
        fail_waiting(Entry.objects.filter(submission__image=run.image_id))
    run.image.refresh_from_db()


def note_success(run: Run) -> None:
    """Forget runs that were lost with an image, because it has run to its end."""
    Image.objects.filter(pk=run.image_id, nodes_lost__gt=0).update(nodes_lost=0)


def _nodes_lost(image: Image) -> set[str]:
    """Return the distinct machines that fell silent with an image, since it last ran well.

    Nodes that lost other images recently do not count, nor losses while the platform was away.
    """
    lost = _lost(image.runs.all())
    if image.losses_since is not None:
        lost = lost.filter(started_at__gte=image.losses_since)
    well = Run.objects.filter(image=image, outcome=Run.Ending.OK, pk__gt=OuterRef("pk"))
    # A smoke run that goes well says nothing of the test set; the other way round it does.
    well = well.filter(Q(purpose=OuterRef("purpose")) | Q(purpose=Run.Purpose.TEST))
    others = _lost(Run.objects.filter(node=OuterRef("node"))).exclude(image=image)
    others = others.filter(ended_at__gte=OuterRef("ended_at") - RECENT)
    runs = lost.filter(~Exists(well), ~Exists(others))
    return {
        run.node.engine_key
        for run in runs.select_related("node")
        if run.ended_at is not None and not platform_was_away(run.heartbeat_at, run.ended_at)
    }


def _lost(runs: QuerySet[Run]) -> QuerySet[Run]:
    # A node that has never reported on its run may not even know of it.
    return runs.filter(outcome=Run.Ending.NODE_LOST).exclude(stage=Run.Stage.CLAIMED)


def fail_waiting(entries: QuerySet[Entry]) -> int:
    """Fail the entries that wait although nothing will run their image; return how many."""
    waiting = entries.filter(
        state=EntryState.WAITING, submission__image__quarantined_at__isnull=False
    )
    failed = 0
    for entry in waiting.select_related("submission").order_by("pk"):
        with transaction.atomic():
            failed += fail_if_quarantined(entry)
    return failed


def fail_if_quarantined(entry: Entry) -> bool:
    """Fail an entry that waits or runs if its image is in quarantine; return whether it did.

    Call it in a transaction. The image's row is locked, so that lifting the quarantine at this
    moment comes before us or frees this entry too.
    """
    assert entry.submission is not None
    assert entry.submission.image_id is not None  # or it would neither wait nor run
    images = Image.objects.select_for_update(no_key=True)
    if not images.filter(pk=entry.submission.image_id, quarantined_at__isnull=False).first():
        return False
    kind = ChangeKind.QUARANTINED
    return work.move(entry, old=[entry.state], to=EntryState.FAILED, reason=REASON, kind=kind)


def last_move() -> Subquery:
    """Return the kind of an entry's last move, for a query of entries."""
    moves = StateChange.objects.filter(entry=OuterRef("pk"), kind__in=MOVE_KINDS)
    return Subquery(moves.order_by("-pk").values("kind")[:1])


def lift(image: Image, *, actor: Actor) -> int | None:
    """Let an image run again, and the entries wait that failed because of its quarantine.

    Return how many entries; None if the image is not in quarantine. The nodes that it lost are
    forgotten. Entries that failed for another reason stay failed.
    """
    with transaction.atomic():
        rows = Image.objects.filter(pk=image.pk, quarantined_at__isnull=False)
        if not rows.update(quarantined_at=None, nodes_lost=0, losses_since=Now()):
            return None
        record_event(actor=actor, action=Action.QUARANTINE_LIFTED, row=image)
        failed = Entry.objects.filter(submission__image=image, state=EntryState.FAILED)
        failed = failed.filter(withdrawn_at=None).annotate(last_move=last_move())
        freed = 0
        for entry in failed.filter(last_move=ChangeKind.QUARANTINED).order_by("pk"):
            with contextlib.suppress(ValidationError):  # withdrawn, or requeued, at this moment
                requeue_entry(entry=entry, actor=actor, reason=REASON_LIFTED)
                freed += 1
    return freed
