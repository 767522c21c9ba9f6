"""Whose entry is scored next: teams take turns, and of a team the oldest entry is first.

A message to score is a wake-up. It names the entry that it was sent for, and any entry may be next.
So the 250 files of a team delay the single file of another by an entry for each worker.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Subquery, When
from django.utils import timezone

from submissions import work
from submissions.models import Entry, Turn


@transaction.atomic
def claim_next(*, owner: str) -> Entry | None:
    """Take the entry to score next, or None if none waits.

    An owner who has an entry takes that again: its task is redelivered after its process died.
    None if the attempts at it are used up.
    """
    now = timezone.now()
    # Two workers that look at once take different entries, and none waits.
    lock = select_next(owner, now).select_for_update(skip_locked=True, no_key=True, of=("self",))
    entry = lock.only("pk", "team_id").first()
    if entry is None:
        return None
    Turn.objects.bulk_create(
        [Turn(key=entry.team_id or Turn.NOBODY, team_id=entry.team_id, at=now)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["at"],
    )
    return work.claim(Entry, entry.pk, owner=owner)


def select_next(owner: str, now: datetime) -> QuerySet[Entry]:
    """Return the entries that an owner may take now, in turn; its own are first."""
    free = Q(claimed_by="", attempts__lt=work.MAX_ATTEMPTS)
    is_due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    is_own = Q(claimed_by=owner)
    of_nobody = Subquery(Turn.objects.filter(key=Turn.NOBODY).values("at"))
    entries = Entry.objects.filter(is_own | (free & is_due), state=Entry.WORKING)
    return entries.order_by(
        ExpressionWrapper(is_own, BooleanField()).desc(),
        Case(When(team=None, then=of_nobody), default=F("team__turn__at")).asc(nulls_first=True),
        "pk",
    )


def find_held(*, owner: str) -> int | None:
    """Return the key of the entry that an owner holds."""
    held = Entry.objects.filter(state=Entry.WORKING, claimed_by=owner)
    return held.values_list("pk", flat=True).first()
