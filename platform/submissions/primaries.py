"""At most one entry a team and test set is primary: how one takes the place of another."""

from __future__ import annotations

from accounts.models import Team, User
from submissions import work
from submissions.models import Entry


def lock_primaries(team_id: int) -> None:
    """Within a transaction, let two changes of a team's primaries take turns."""
    Team.objects.select_for_update(no_key=True).get(pk=team_id)


def end_primary(successor: Entry, *, actor: User | None = None) -> None:
    """Make the primary contrastive that an entry is about to replace, if there is one."""
    same = Entry.objects.filter(team=successor.team_id, test_set=successor.test_set_id)
    for earlier in same.filter(is_primary=True).exclude(pk=successor.pk):
        Entry.objects.filter(pk=earlier.pk).update(is_primary=False)
        reason = f"made contrastive: {successor.system} is primary now"
        work.record_note(earlier, reason=reason, actor=actor)
