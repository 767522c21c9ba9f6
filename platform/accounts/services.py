"""All writes about teams. Each function is a transaction and raises ValidationError.

A change that could break a team's rules locks the team's row first. So two owners who leave at the
same moment take turns, and the second learns that no other owner is left.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError
from django.utils import timezone

from accounts import names
from accounts.models import Invitation, Membership, Team, User
from audit.actions import Action
from audit.recording import Actor, record_event

MAX_OPEN_INVITATIONS = 20  # of a team
INVITATION_LIFETIME = timedelta(days=14)
TOKEN_BYTES = 32
SLUG_ATTEMPTS = 3  # another team may take a free slug before we do

Role = Membership.Role

ENDED = {
    Invitation.End.ACCEPTED: "This invitation has been used: each one is for one person.",
    Invitation.End.REVOKED: "This invitation was taken back.",
    Invitation.End.EXPIRED: "This invitation has expired: each one holds for 14 days.",
}
ASK_AGAIN = "Ask an owner of the team for a new one."
VERIFIED_IS_FIXED = "Organisers have verified your team under this; ask them to change it."


@dataclass(frozen=True, slots=True)
class TeamDescription:
    """A team's description of itself."""

    name: str
    institution: str = ""
    publication_name: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation with its token, which is not stored."""

    invitation: Invitation
    token: str


def create_team(*, founder: User, description: TeamDescription) -> Team:
    """Create a team that its founder owns."""
    with transaction.atomic():
        team = _create_row(description)
        Membership.objects.create(team=team, user=founder, role=Role.OWNER)
    return team


def edit_team(*, team: Team, actor: User, description: TeamDescription) -> Team:
    """Change a team's description; fields that organisers have verified stay."""
    with transaction.atomic():
        team = _lock_team(team, owner=actor)
        fixed = {"name": names.tidy(description.name), "institution": description.institution}
        for field, value in fixed.items():
            if team.is_verified and value != getattr(team, field):
                raise ValidationError({field: VERIFIED_IS_FIXED})
        _describe(team, description)
        _save(team)
    return team


def invite(*, team: Team, actor: User, email: str = "") -> Invited:
    """Make an invitation to an address, or for anybody who gets the link."""
    email = email.lower()
    with transaction.atomic():
        team = _lock_team(team, owner=actor)
        if email:
            theirs = EmailAddress.objects.filter(email=email, verified=True)
            if theirs.filter(user__membership__team=team).exists():
                message = "Somebody with this address is in your team already."
                raise ValidationError({"email": message})
            # A second invitation replaces the first.
            team.invitations.pending().filter(email=email).update(revoked_at=timezone.now())
        if team.invitations.open().count() >= MAX_OPEN_INVITATIONS:
            raise ValidationError(
                f"{team} has {MAX_OPEN_INVITATIONS} open invitations, the most there can be. "
                "Take one back first."
            )
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = timezone.now()
        invitation = Invitation(
            team=team,
            email=email,
            token_hash=hash_token(token),
            invited_by=actor,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
        _save(invitation)
    return Invited(invitation, token)


def hash_token(token: str) -> str:
    """Return the hash that is stored instead of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def revoke_invitation(*, invitation: Invitation, actor: User) -> None:
    """Take an invitation back, unless somebody has accepted it."""
    with transaction.atomic():
        team = _lock_team(invitation.team, owner=actor)
        pending = team.invitations.pending().filter(pk=invitation.pk)
        if not pending.update(revoked_at=timezone.now()):
            raise ValidationError(_explain_end(invitation))


def end_invitations_of_others(team: Team) -> None:
    """Revoke invitations by former owners: a link they kept would let them in again."""
    owners = Membership.objects.filter(team=team, role=Role.OWNER).values("user")
    theirs = team.invitations.pending().exclude(invited_by__in=owners)
    theirs.update(revoked_at=timezone.now())


def accept_invitation(*, invitation: Invitation, user: User) -> Membership:
    """Make the user a member. Of several users at the same moment, the first gets in."""
    with transaction.atomic():
        team = _lock_team(invitation.team)
        if Membership.objects.filter(team=team, user=user).exists():
            raise ValidationError(f"You are in {team} already.")
        if not is_for(invitation, user):
            raise ValidationError(
                f"This invitation is for {invitation.email}, which is no confirmed address of "
                "your account. Add it to your account first, or sign in with the account it "
                "belongs to."
            )
        taken = Invitation.objects.open().filter(pk=invitation.pk)
        if not taken.update(accepted_by=user, accepted_at=timezone.now()):
            raise ValidationError(f"{_explain_end(invitation)} {ASK_AGAIN}")
        return Membership.objects.create(team=team, user=user)


def is_for(invitation: Invitation, user: User) -> bool:
    """Return whether the user may accept: the owner of the address, or anybody with a link."""
    if not invitation.email:
        return True
    confirmed = EmailAddress.objects.filter(user=user, verified=True)
    return confirmed.filter(email=invitation.email).exists()


def leave_team(*, team: Team, member: User) -> bool:
    """Leave a team; return whether it stays. Without members and submissions it is deleted."""
    with transaction.atomic():
        team = _lock_team(team)
        membership = _get_membership(team, member)
        others = Membership.objects.filter(team=team).exclude(pk=membership.pk)
        if membership.role == Role.OWNER and others.exists():
            _check_another_owner(team, member)
        membership.delete()
        end_invitations_of_others(team)
        return others.exists() or not _delete_unless_needed(team)


def remove_member(*, team: Team, actor: User, member: User) -> None:
    """Remove another member; their submissions stay with the team."""
    if member == actor:
        raise ValidationError("To leave the team yourself, use “Leave the team”.")
    with transaction.atomic():
        team = _lock_team(team, owner=actor)
        _get_membership(team, member).delete()
        end_invitations_of_others(team)


def set_role(*, team: Team, actor: User, member: User, role: str) -> None:
    """Make a member an owner, or an owner a member."""
    if role not in Role.values:
        raise ValidationError(f"There is no role {role!r}; choose owner or member.")
    with transaction.atomic():
        team = _lock_team(team, owner=actor)
        membership = _get_membership(team, member)
        if membership.role == Role.OWNER and role != Role.OWNER:
            _check_another_owner(team, member)
        Membership.objects.filter(pk=membership.pk).update(role=role)
        if role != Role.OWNER:
            end_invitations_of_others(team)


def verify_teams(teams: Iterable[Team], *, actor: Actor) -> int:
    """Note that organisers know these teams; return how many were not verified before."""
    return _mark(teams, "is_verified", actor, Action.VERIFIED)


@transaction.atomic
def end_verification(*, team: Team, actor: Actor, reason: str) -> None:
    """Note that organisers no longer vouch for a team: it loses its ranks. Raises ValidationError.

    Results that were published stay as they are.
    """
    team = _lock_team(team)
    if not team.is_verified:
        raise ValidationError(f"{team} is not verified.")
    team.is_verified = False
    team.save(update_fields=["is_verified"])
    changes = {"is_verified": (True, False)}
    record_event(actor=actor, action=Action.UNVERIFIED, row=team, changes=changes, reason=reason)


@transaction.atomic
def describe_for_papers(
    *, team: Team, actor: Actor, publication_name: str, institution: str
) -> None:
    """Correct how papers name a team and where it is from. Raises ValidationError."""
    team = _lock_team(team)
    values = {
        "publication_name": names.tidy(publication_name), "institution": names.tidy(institution)
    }  # fmt: skip
    changes = {
        field: (getattr(team, field), value)
        for field, value in values.items()
        if value != getattr(team, field)
    }
    for field, (_, value) in changes.items():
        if value:
            _check_shown(field, value)
        setattr(team, field, value)
    if changes:
        _save(team)
        record_event(actor=actor, action=Action.CHANGED, row=team, changes=changes)


def mark_as_organisers(teams: Iterable[Team], *, actor: Actor) -> int:
    """Make these teams the organisers' own, with baselines; return how many were not before."""
    return _mark(teams, "is_organisers", actor, Action.MARKED_AS_ORGANISERS)


@transaction.atomic
def _mark(teams: Iterable[Team], field: str, actor: Actor, action: Action) -> int:
    rows = Team.objects.filter(pk__in=[team.pk for team in teams], **{field: False})
    chosen = list(rows.select_for_update())
    Team.objects.filter(pk__in=[team.pk for team in chosen]).update(**{field: True})
    for team in chosen:
        record_event(actor=actor, action=action, row=team, changes={field: (False, True)})
    return len(chosen)


def _check_shown(field: str, text: str) -> None:
    """Refuse a text that can deceive a reader, as names can."""
    try:
        names.check_name(text)
    except ValidationError as error:
        raise ValidationError({field: error}) from error


def _create_row(description: TeamDescription) -> Team:
    """Save a team under a slug that is free, also if others take slugs at the same moment."""
    for attempt in range(SLUG_ATTEMPTS):
        taken = set(Team.objects.values_list("slug", flat=True))
        team = Team(slug=names.make_slug(description.name, taken))
        _describe(team, description)
        try:
            _save(team)
        except ValidationError as error:
            if "slug" in error.message_dict and attempt + 1 < SLUG_ATTEMPTS:
                continue
            raise
        return team
    raise AssertionError("unreachable")


def _describe(team: Team, description: TeamDescription) -> None:
    for field, value in asdict(description).items():
        setattr(team, field, value)
    team.name = names.tidy(team.name)


def _save(row: Model) -> None:
    """Check and save. A rule broken by a race gets the same message as by the check."""
    row.full_clean()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        row.full_clean()  # the row that came first is there now
        raise


def _lock_team(team: Team, *, owner: User | None = None) -> Team:
    """Lock the team until the transaction ends and return it; `owner` has to own it."""
    locked = Team.objects.select_for_update().filter(pk=team.pk).first()
    if locked is None:
        raise ValidationError(f"The team {team} is gone: its last member has left.")
    owners = Membership.objects.filter(team=locked, role=Role.OWNER)
    if owner is not None and not owners.filter(user=owner).exists():
        raise ValidationError(f"Only an owner of {team} can do this, and you are not one.")
    return locked


def _get_membership(team: Team, member: User) -> Membership:
    membership = Membership.objects.filter(team=team, user=member).first()
    if membership is None:
        raise ValidationError(f"{member.username} is not in {team} any more.")
    return membership


def _check_another_owner(team: Team, member: User) -> None:
    owners = Membership.objects.filter(team=team, role=Role.OWNER)
    if not owners.exclude(user=member).exists():
        raise ValidationError(
            f"{member.username} is the last owner of {team}. Make another member an owner first."
        )


def _delete_unless_needed(team: Team) -> bool:
    """Delete a team without submissions; return whether it was deleted."""
    try:
        team.delete()
    except ProtectedError:  # it has submissions, which boards and papers refer to
        team.invitations.pending().update(revoked_at=timezone.now())
        return False
    return True


def _explain_end(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    end = invitation.ended(timezone.now())
    return ENDED[end] if end else "This invitation is open."
