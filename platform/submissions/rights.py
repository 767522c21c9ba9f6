"""Who may change what a team has sent."""

from __future__ import annotations

from sharedtasks.policy import Role, Viewer
from submissions.models import Entry, Submission


def may_change(viewer: Viewer, row: Entry | Submission) -> bool:
    """Return whether the viewer is of the row's team, or changes its shared task.

    Observers do not, although they see the row.
    """
    return row.team_id in viewer.teams or viewer.has_role(row.phase.shared_task_id, Role.ORGANISER)
