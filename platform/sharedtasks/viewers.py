"""From a request to the viewer that the policy knows."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from sharedtasks.policy import VISITOR, Viewer


def viewer_of(user: User | AnonymousUser) -> Viewer:
    """Return the viewer that a request's user is; a query only for a user who is signed in."""
    if not isinstance(user, User):
        return VISITOR
    return Viewer(user.is_organiser, frozenset(user.teams.values_list("pk", flat=True)))
