"""The sweeper: nothing may ever be stuck.

It asks the rows, never the broker, and needs no worker: it runs in a process of its own
(`manage.py sweep`), so that a fault that stops the workers does not stop it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from submissions import work
from submissions.models import Entry, Rescore, Submission
from submissions.work import Item

logger = logging.getLogger(__name__)

ROWS_AT_MOST = 500  # of each kind in a sweep; the next sweep continues


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    released: int = 0  # claims taken from workers that had held them for too long
    announced: int = 0  # rows that nobody had claimed
    failed: int = 0  # rows whose attempts are used up

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.released + other.released,
            self.announced + other.announced,
            self.failed + other.failed,
        )


def sweep() -> Swept:
    """Release rows held too long, announce rows that nobody took, fail rows tried too often."""
    outputs = Submission.objects.filter(kind=Submission.Kind.OUTPUTS)
    images = Submission.objects.filter(kind=Submission.Kind.IMAGE)
    done = _sweep_rows(
        Submission,
        (outputs, settings.CHECKING_DWELL),
        (images.filter(image_reference=""), settings.IMAGE_CHECKING_DWELL),
        (images.exclude(image_reference=""), settings.IMAGE_FETCHING_DWELL),
    )
    done += _sweep_rows(Entry, (Entry.objects.all(), settings.SCORING_DWELL))
    done += _sweep_rows(Rescore, (Rescore.objects.all(), settings.SCORING_DWELL))
    if done != Swept():
        logger.info("%s", done)
    return done


def _sweep_rows(
    model: type[Submission] | type[Entry] | type[Rescore], *dwells: tuple[QuerySet[Item], float]
) -> Swept:
    """Sweep the rows of a model; a worker may hold rows of each kind for so many seconds."""
    if not model._default_manager.filter(state=model.WORKING).exists():
        return Swept()  # nearly always; it would take four questions to find nothing
    released = 0
    for rows, dwell in dwells:
        before = timezone.now() - timedelta(seconds=dwell)
        overdue = rows.filter(state=model.WORKING, claimed_at__lt=before)
        for pk in overdue.values_list("pk", flat=True)[:ROWS_AT_MOST]:
            released += work.release_expired(model, pk, claimed_before=before)
    return Swept(released=released) + _send_again(model, due=timezone.now())


def _send_again(model: type[Submission] | type[Entry] | type[Rescore], *, due: datetime) -> Swept:
    announced = failed = 0
    is_broker_up = None
    rows = model._default_manager.filter(
        state=model.WORKING, claimed_by="", announce_next_at__lte=due
    )
    for row in rows.order_by("announce_next_at")[:ROWS_AT_MOST]:
        if row.attempts >= work.MAX_ATTEMPTS:
            failed += work.give_up_if_exhausted(model, row.pk)
            continue
        if is_broker_up is None:
            is_broker_up = work.is_broker_up()
        if is_broker_up:  # or else each row would wait for it in vain
            try:
                announced += work.announce_again(row)
            except work.NotSent:
                is_broker_up = False
    return Swept(announced=announced, failed=failed)
