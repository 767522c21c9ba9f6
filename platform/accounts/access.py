"""Permissions on teams: views fetch teams and invitations only by these functions."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import Invitation, Membership, Team, User
from accounts.services import hash_token


def visible_teams(viewer: User) -> QuerySet[Team]:
    """Return the teams that the viewer may open: the own teams; for organisers, all."""
    return Team.objects.all() if viewer.is_organiser else Team.objects.filter(members=viewer)


def team_or_404(viewer: User, slug: str) -> Team:
    """Return a team that the viewer may see; to others it does not exist."""
    return get_object_or_404(visible_teams(viewer), slug=slug)


def owned_team_or_404(viewer: User, slug: str) -> Team:
    """Return a team that the viewer owns. A viewer who may only see it learns which people may."""
    team = team_or_404(viewer, slug)
    if not is_owner(viewer, team):
        remedy = "do this in the admin panel" if viewer.is_organiser else "ask one of them"
        raise PermissionDenied(f"Only the owners of {team} may do this; {remedy}.")
    return team


def is_owner(viewer: User, team: Team) -> bool:
    """Return whether the viewer may change the team."""
    owners = Membership.objects.filter(team=team, role=Membership.Role.OWNER)
    return owners.filter(user=viewer).exists()


def invitation_or_404(token: str) -> Invitation:
    """Return the invitation of a link, also if it has ended."""
    invitations = Invitation.objects.select_related("team", "invited_by")
    return get_object_or_404(invitations, token_hash=hash_token(token))
