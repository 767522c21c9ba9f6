"""Adopting: entries of a test set, scored again on the version that corrects it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from sharedtasks.corrections import CorrectionState
from sharedtasks.models import Correction
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry, StateChange
from submissions.states import ChangeKind, EntryState

AT_ONCE = 500  # entries in a transaction
EXCLUSION = ("excluded_at", "excluded_reason", "excluded_by_id")
CARRIED = ("is_primary", "withdrawn_at", "withdrawn_by_id", *EXCLUSION)  # decisions on an entry


def adopt_missing() -> int:
    """Adopt what was scored on an old version since; return how many entries were adopted.

    Published corrections adopt, too: what arrived before and was scored after publication.
    """
    states = (CorrectionState.SCORING, CorrectionState.PUBLISHED)
    missing = select_missing().filter(test_set__corrections__state__in=states)
    is_behind = Q(test_set__in=missing.values("test_set"))
    is_hidden = Q(state=CorrectionState.SCORING)  # decisions on entries may have changed
    return sum(map(adopt, Correction.objects.filter(is_behind | is_hidden, state__in=states)))


def adopt(correction: Correction) -> int:
    """Adopt all entries of a correction that are not adopted; return how many there were."""
    adopted = 0
    while count := _adopt_some(correction):
        adopted += count
    return adopted


def select_missing() -> QuerySet[Entry]:
    """Return the scored entries of teams that no new version has adopted."""
    return Entry.objects.filter(
        adopted_as=None, state=EntryState.SCORED, withdrawn_at=None, team__isnull=False
    )


def list_adopted(correction: Correction) -> QuerySet[Entry]:
    """Return the entries of teams on the new version that come from the old version."""
    return Entry.objects.filter(test_set=correction.successor_id, adopted_from__isnull=False)


def carry_decisions_over(correction: Correction) -> None:
    """Let adopted entries be primary, withdrawn or excluded as their originals are now."""
    is_role_old = ~Q(is_primary=F("adopted_from__is_primary"))
    is_withdrawn_since = Q(withdrawn_at=None, adopted_from__withdrawn_at__isnull=False)
    is_exclusion_old = ~Q(excluded_reason=F("adopted_from__excluded_reason"))
    rows = list_adopted(correction).filter(is_role_old | is_withdrawn_since | is_exclusion_old)
    outdated = list(rows.select_related("adopted_from"))
    for entry in outdated:
        for name in CARRIED:
            setattr(entry, name, getattr(entry.adopted_from, name))
    # In two steps, for a team has one primary at a time.
    Entry.objects.filter(pk__in=[entry.pk for entry in outdated]).update(is_primary=False)
    Entry.objects.bulk_update(outdated, CARRIED, batch_size=AT_ONCE)
    if outdated:
        assert correction.successor_id is not None  # or it would have adopted nothing
        touch_board(correction.successor_id)


@transaction.atomic
def _adopt_some(correction: Correction) -> int:
    # The lock: of two processes that adopt, or that publish or discard, one waits.
    row = Correction.objects.select_for_update().get(pk=correction.pk)
    if row.successor_id is None or row.state == CorrectionState.DRAFT:
        return 0
    missing = select_missing().filter(test_set=row.test_set_id).order_by("pk")
    originals, is_hidden = list(missing[:AT_ONCE]), row.state == CorrectionState.SCORING
    if originals:
        _save(row.successor_id, originals, keeps_decisions=is_hidden)
    if is_hidden:
        carry_decisions_over(row)
    return len(originals)


def _save(successor: int, originals: Sequence[Entry], *, keeps_decisions: bool) -> None:
    now = timezone.now()
    entries = Entry.objects.bulk_create(
        Entry(
            submission_id=original.submission_id,
            team_id=original.team_id,
            test_set_id=successor,
            adopted_from=original,
            system=original.system,
            is_primary=keeps_decisions and original.is_primary,
            **{name: getattr(original, name) for name in EXCLUSION},
            hypotheses_id=original.hypotheses_id,
            announcements=1,
            announce_next_at=now + work.compute_pause(1),
        )
        for original in originals
    )
    StateChange.objects.bulk_create(
        StateChange(
            entry=entry,
            kind=ChangeKind.CREATED,
            new=entry.state,
            reason=f"adopted from entry {entry.adopted_from_id}, because the test set is corrected",
        )
        for entry in entries
    )
    for entry in entries:
        work.send(Entry.task, entry.pk)
