"""A team has at most one primary entry on a test set: how another entry replaces it."""

from __future__ import annotations

from accounts.models import Team, User
from submissions import work
from submissions.models import Entry, StateChange, Submission
from submissions.states import ChangeKind


def lock_primaries(team_id: int) -> None:
    """Within a transaction, let two changes of a team's primaries take turns."""
    Team.objects.select_for_update(no_key=True).get(pk=team_id)


def end_primary(successor: Entry, *, actor: User | None = None) -> None:
    """Make the current primary, if any, contrastive."""
    same = Entry.objects.filter(team=successor.team_id, test_set=successor.test_set_id)
    for earlier in same.filter(is_primary=True).exclude(pk=successor.pk):
        Entry.objects.filter(pk=earlier.pk).update(is_primary=False)
        reason = f"made contrastive: {successor.system} is primary now"
        work.record_note(earlier, kind=ChangeKind.MADE_CONTRASTIVE, reason=reason, actor=actor)


def is_outdated(submission: Submission, test_set_id: int) -> bool:
    """Return whether a submission's wish to be primary is outdated.

    It is if a later upload is primary, or if somebody has chosen by hand since.
    """
    later = Entry.objects.filter(
        team=submission.team_id,
        test_set=test_set_id,
        is_primary=True,
        submission__created_at__gt=submission.created_at,
    )
    chosen = StateChange.objects.filter(
        entry__team=submission.team_id,
        entry__test_set=test_set_id,
        kind__in=[ChangeKind.MADE_PRIMARY, ChangeKind.MADE_CONTRASTIVE],
        actor__isnull=False,
        at__gt=submission.created_at,
    )
    return later.exists() or chosen.exists()
