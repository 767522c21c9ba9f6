"""From a request to the viewer that the policy knows."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, ExpressionWrapper, Q, Value

from accounts.models import User
from sharedtasks.policy import VISITOR, Role, Viewer


def viewer_of(user: User | AnonymousUser) -> Viewer:
    """Return the viewer that a request's user is, by one query; by none for a visitor.

    This is the only way from an account to its roles: it leaves out those that do not count.
    """
    if not isinstance(user, User):
        return VISITOR
    is_known = ExpressionWrapper(Q(is_verified=True) | Q(is_organisers=True), BooleanField())
    teams = user.teams.order_by().values_list("pk", Value(""), is_known)
    held = user.roles.counting().order_by()
    rows = list(teams.union(held.values_list("shared_task", "role", "reads_references"), all=True))
    return Viewer(
        teams=frozenset(pk for pk, role, _ in rows if not role),
        verified_teams=frozenset(pk for pk, role, is_known in rows if is_known and not role),
        roles={pk: Role(role) for pk, role, _ in rows if role},
        shown_references=frozenset(pk for pk, role, is_shown in rows if role and is_shown),
    )
