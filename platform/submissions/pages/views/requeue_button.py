"""The button that requeues what failed on our side, on the pages of submissions and entries."""

from __future__ import annotations

from accounts.models import User
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Submission
from submissions.services import requeueing


def build_context(row: Entry | Submission, user: User) -> dict[str, object]:
    """Return what the button shows; empty if there is no button."""
    if not requeueing.has_failed(row) or not viewer_of(user).is_organiser:
        return {}
    return {
        "can_requeue": True,
        "why_no_requeue": requeueing.why_not(row),
        "successor": requeueing.find_successor(row),
    }
