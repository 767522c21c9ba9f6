"""Entries of teams that were removed from a shared task: excluded from boards, with the reason."""

from __future__ import annotations

from evaluator.errors import printable
from sharedtasks.models import TeamDecision
from sharedtasks.team_decisions import find_removals
from submissions.models import Submission
from submissions.models.entries import MAX_NOTE_CHARACTERS

PREFIX = "Withdrawn by the organisers: "
MAX_REMOVAL_REASON = MAX_NOTE_CHARACTERS - len(PREFIX)


def write_reason(decision: TeamDecision) -> str:
    """Return what boards say of the entries of a removed team."""
    return printable(f"{PREFIX}{decision.reason}", MAX_NOTE_CHARACTERS)


def exclude_if_removed(submission: Submission) -> dict[str, object]:
    """Return columns for a new entry whose team was removed while its upload was checked."""
    removals = find_removals([submission.team], submission.phase.shared_task_id)
    if not removals:
        return {}
    return {"excluded_at": removals[0].at, "excluded_reason": write_reason(removals[0])}
