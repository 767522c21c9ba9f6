"""Organisers who take part in their own shared task: pages mark them."""

from __future__ import annotations

from accounts.models import Membership, Team, User
from sharedtasks.models import SharedTask


def takes_part(user: User, task: SharedTask) -> bool:
    """Return whether a team of the user's has sent something to the shared task."""
    return user.teams.filter(submissions__phase__shared_task=task).exists()


def list_organisers_teams(task: SharedTask) -> dict[Team, list[User]]:
    """Return the teams with a submission to the shared task that its organisers are members of.

    Each has these organisers, by name. One query.
    """
    senders = Team.objects.filter(submissions__phase__shared_task=task)
    rows = Membership.objects.filter(
        team__in=senders.values("pk"), user__in=task.organisers.values("user")
    ).select_related("team", "user")
    teams: dict[Team, list[User]] = {}
    for row in rows.order_by("team__name", "user__username"):
        teams.setdefault(row.team, []).append(row.user)
    return teams
