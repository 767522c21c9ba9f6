"""Whose entry is scored next: teams take turns, and of a team the oldest entry is first.

A message to score is a wake-up. It names the entry that it was sent for, and any entry may be next.
So the 250 files of a team delay the single file of another by an entry for each worker.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, Subquery, When
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
    free = Q(claimed_by="", attempts__lt=work.MAX_ATTEMPTS)
    is_due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    is_own = Q(claimed_by=owner)
    of_nobody = Turn.objects.filter(key=Turn.NOBODY).values("at")
    entry = (
        Entry.objects.filter(is_own | (free & is_due), state=Entry.WORKING)
        .annotate(
            is_own=ExpressionWrapper(is_own, BooleanField()),
            last_turn=Case(When(team=None, then=Subquery(of_nobody)), default=F("team__turn__at")),
        )
        .order_by("-is_own", F("last_turn").asc(nulls_first=True), "pk")
        # Two workers that look at once take different entries, and none waits.
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .only("pk", "team_id")
        .first()
    )
    if entry is None:
        return None
    Turn.objects.bulk_create(
        [Turn(key=entry.team_id or Turn.NOBODY, team_id=entry.team_id, at=now)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["at"],
    )
    return work.claim(Entry, entry.pk, owner=owner)


def find_held(*, owner: str) -> int | None:
    """Return the key of the entry that an owner holds."""
    held = Entry.objects.filter(state=Entry.WORKING, claimed_by=owner)
    return held.values_list("pk", flat=True).first()
