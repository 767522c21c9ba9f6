"""Whose file is checked or scored next: teams take turns, and of a team the oldest is first.

A message to check or to score is a wake-up. It names the row that it was sent for, and any row may
be next. So the 250 files of a team delay the single file of another by a file for each worker.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Subquery, When
from django.utils import timezone

from submissions import work
from submissions.models import Entry, Submission, Turn

Waiting = TypeVar("Waiting", Submission, Entry)


@transaction.atomic
def claim_next(rows: QuerySet[Waiting], *, owner: str) -> Waiting | None:
    """Take the row to work on next, or None if none waits.

    An owner who has a row takes that again: its task is redelivered after its process died. None if
    the attempts at it are used up.
    """
    free = order_by_turn(rows, owner).only("pk", "team_id")
    # Two workers that look at once take different rows, and none waits. A row that somebody else
    # has locked, who withdraws it perhaps, is waited for: this may have been its only message.
    for skips in (True, False):
        row = free.select_for_update(skip_locked=skips, no_key=True, of=("self",)).first()
        if row is not None:
            break
    else:
        return None
    Turn.objects.bulk_create(
        [Turn(key=row.team_id or Turn.NOBODY, team_id=row.team_id, at=timezone.now())],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["at"],
    )
    return work.claim(rows.model, row.pk, owner=owner)


def order_by_turn(rows: QuerySet[Waiting], owner: str) -> QuerySet[Waiting]:
    """Return the rows that an owner may take now, in turn; its own are first."""
    free = Q(claimed_by="", attempts__lt=work.MAX_ATTEMPTS)
    is_due = Q(next_try_at=None) | Q(next_try_at__lte=timezone.now())
    is_own = Q(claimed_by=owner)
    of_nobody = Subquery(Turn.objects.filter(key=Turn.NOBODY).values("at"))
    return rows.filter(is_own | (free & is_due), state=rows.model.WORKING).order_by(
        ExpressionWrapper(is_own, BooleanField()).desc(),
        Case(When(team=None, then=of_nobody), default=F("team__turn__at")).asc(nulls_first=True),
        "pk",
    )


def find_held(rows: QuerySet[Waiting], *, owner: str) -> int | None:
    """Return the key of the row that an owner holds."""
    held = rows.filter(state=rows.model.WORKING, claimed_by=owner)
    return held.values_list("pk", flat=True).first()
