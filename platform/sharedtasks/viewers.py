"""From a request to the viewer that the policy knows."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from sharedtasks.policy import VISITOR, Viewer


def viewer_of(user: User | AnonymousUser) -> Viewer:
    """Return the viewer behind a request's user; one query for a signed-in one."""
    if not isinstance(user, User):
        return VISITOR
    return Viewer(user.is_organiser, frozenset(user.teams.values_list("pk", flat=True)))
