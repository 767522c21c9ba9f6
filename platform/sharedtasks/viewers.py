"""From a request to the viewer that the policy knows."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from sharedtasks.policy import VISITOR, Role, Viewer


def viewer_of(user: User | AnonymousUser) -> Viewer:
    """Return the viewer that a request's user is, by two queries; by none for a visitor.

    This is the only way from an account to its roles: it leaves out those that do not count.
    """
    if not isinstance(user, User):
        return VISITOR
    held = list(user.roles.counting())
    teams = list(user.teams.values_list("pk", "is_verified", "is_organisers"))
    return Viewer(
        teams=frozenset(pk for pk, _, _ in teams),
        verified_teams=frozenset(pk for pk, *is_known in teams if any(is_known)),
        roles={row.shared_task_id: Role(row.role) for row in held},
        shown_references=frozenset(row.shared_task_id for row in held if row.reads_references),
    )
