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
    images = Submission.objects.filter(kind=Submission.Kind.IMAGE)
    dwells = (
        (Submission.objects.filter(kind=Submission.Kind.OUTPUTS), settings.CHECKING_DWELL),
        (images.filter(image_reference=""), settings.IMAGE_CHECKING_DWELL),
        (images.exclude(image_reference=""), settings.IMAGE_FETCHING_DWELL),
        (Entry.objects.all(), settings.SCORING_DWELL),
        (Rescore.objects.all(), settings.SCORING_DWELL),
    )
    done = Swept()
    for model in (Submission, Entry, Rescore):
        if not model._default_manager.filter(state=model.WORKING).exists():
            continue  # an idle site is asked one cheap question instead of up to four
        for rows, dwell in dwells:
            if rows.model is model:
                done += _release(rows, dwell=dwell)
        done += _send_again(model, due=timezone.now())
    if done != Swept():
        logger.info("%s", done)
    return done


def _release(rows: QuerySet[Item], *, dwell: float) -> Swept:
    before = timezone.now() - timedelta(seconds=dwell)
    model = rows.model
    overdue = rows.filter(state=model.WORKING, claimed_at__lt=before)
    keys = overdue.values_list("pk", flat=True)[:ROWS_AT_MOST]
    released = sum(work.release_expired(model, pk, claimed_before=before) for pk in keys)
    return Swept(released=released)


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
