"""Permissions on teams: views fetch teams and invitations only by these functions."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import Invitation, Membership, Team, User
from accounts.services import hash_token


def visible_teams(viewer: User) -> QuerySet[Team]:
    """Return the teams that the viewer may open.

    These are the own teams, and for organisers the teams that have sent something to their shared
    tasks. Who changes a shared task also opens teams that have sent nothing, to verify them.
    """
    # By relations alone: shared tasks and submissions stand above accounts.
    roles = viewer.roles.counting()
    sent = Team.objects.filter(submissions__phase__shared_task__organisers__in=roles)
    visible = Q(pk__in=viewer.teams.values("pk")) | Q(pk__in=sent.values("pk"))
    if roles.changing().exists():
        visible |= Q(pk__in=Team.objects.filter(submissions=None).values("pk"))
    return Team.objects.filter(visible)


def team_or_404(viewer: User, slug: str) -> Team:
    """Return a team that the viewer may see; to others it does not exist."""
    return get_object_or_404(visible_teams(viewer), slug=slug)


def owned_team_or_404(viewer: User, slug: str) -> Team:
    """Return a team that the viewer owns. A viewer who may only see it learns which people may."""
    team = team_or_404(viewer, slug)
    if not is_owner(viewer, team):
        raise PermissionDenied(f"Only the owners of {team} may do this; ask one of them.")
    return team


def is_owner(viewer: User, team: Team) -> bool:
    """Return whether the viewer may change the team."""
    owners = Membership.objects.filter(team=team, role=Membership.Role.OWNER)
    return owners.filter(user=viewer).exists()


def invitation_or_404(token: str) -> Invitation:
    """Return the invitation of a link, also if it has ended."""
    invitations = Invitation.objects.select_related("team", "invited_by")
    return get_object_or_404(invitations, token_hash=hash_token(token))
