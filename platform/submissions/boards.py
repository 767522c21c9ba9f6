"""Announcements of boards whose results have changed: a build follows, at most once a second."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from sharedtasks.models import TestSet
from submissions import work

BUILD_AFTER = timedelta(seconds=0.5)  # so that a build shows the results of a short burst together
BUILD_PAUSE = timedelta(seconds=1)  # at least, from the begin of a build to the begin of the next
LOST_AFTER = timedelta(seconds=5)  # a build that has not begun by then: its message may be lost


@transaction.atomic(savepoint=False)
def touch_board(test_set_id: int) -> None:
    """Note that a test set's results have changed, and announce a build of its board.

    A build that is announced already shows this change too: it begins after this transaction, since
    both lock the row.
    """
    now = timezone.now()
    rows = TestSet.objects.filter(pk=test_set_id)
    rows.update(results_version=F("results_version") + 1)
    due, begun = rows.values_list("build_due_at", "build_begun_at").get()
    if due is not None and now < due + LOST_AFTER:
        return
    due = now + BUILD_AFTER if begun is None else max(now + BUILD_AFTER, begun + BUILD_PAUSE)
    rows.update(build_due_at=due)
    work.send(TestSet.RANK_TASK, test_set_id, after=due - now)
