"""Organisers who take part in their own shared task: pages mark them."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Membership, Team, User
from sharedtasks.models import SharedTask


def takes_part(user: User, task: SharedTask) -> bool:
    """Return whether a team of the user's has sent something to the shared task."""
    return select_participants(task).filter(members=user).exists()


def list_organisers_teams(task: SharedTask) -> dict[Team, list[User]]:
    """Return the teams that take part and have organisers of the shared task as members.

    Each comes with these organisers, by name. One query.
    """
    rows = Membership.objects.filter(
        team__in=select_participants(task), user__in=task.organisers.values("user")
    ).select_related("team", "user")
    teams: dict[Team, list[User]] = {}
    for row in rows.order_by("team__name", "user__username"):
        teams.setdefault(row.team, []).append(row.user)
    return teams


def select_participants(task: SharedTask) -> QuerySet[Team]:
    """Return the teams with a submission to the shared task, without those that send baselines."""
    sent = Team.objects.filter(submissions__phase__shared_task=task).values("pk")
    return Team.objects.filter(pk__in=sent, is_organisers=False)
