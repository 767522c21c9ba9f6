"""Unverified teams, and their members, may have one image in the queue at a time.

Anybody can create accounts and teams, and each image that waits takes its turn on the nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Team, User
from submissions.models import Entry, Submission
from submissions.states import EntryState, SubmissionState

IN_QUEUE = (EntryState.WAITING, EntryState.RUNNING)


def require_free_place(team: Team, member: User) -> None:
    """Raise ValidationError if a team that is not verified, or its member, has to wait."""
    if reason := why_not_now(team, member):
        raise ValidationError(reason)


def why_not_now(team: Team, member: User) -> str:
    """Return why this member may not send an image for this team now; empty if they may."""
    if team.is_verified or team.is_organisers:
        return ""
    submission = _in_queue(team, member).select_related("team").order_by("pk").first()
    if submission is None:
        return ""
    return (
        f"{team} has not been verified yet. Until then only one image at a time may wait or run, "
        f"for all your unverified teams together. {submission.system} of {submission.team} "
        f"(submission {submission.pk}) has not ended yet. Wait until it has ended, cancel it, or "
        "ask the organisers to verify your team."
    )


def lock(team: Team, member: User) -> None:
    """Within a transaction, let all images of a person and of their teams take turns."""
    User.objects.select_for_update(no_key=True).get(pk=member.pk)
    # In a fixed order, so that two members of two teams never wait for each other.
    teams = Team.objects.filter(Q(pk=team.pk) | Q(pk__in=_unverified_teams(member)))
    list(teams.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _in_queue(team: Team, member: User) -> QuerySet[Submission]:
    """Return images that wait or run, of the member's unverified teams.

    An image that the member sent for such a team counts even after the member has left it.
    """
    entries = Entry.objects.filter(submission=OuterRef("pk"), state__in=IN_QUEUE, withdrawn_at=None)
    images = Submission.objects.filter(
        Q(team=team) | Q(team__in=_unverified_teams(member)) | Q(member=member),
        kind=Submission.Kind.IMAGE,
        team__is_verified=False,
        team__is_organisers=False,
    )
    return images.filter(Q(state=SubmissionState.CHECKING) | Exists(entries))


def _unverified_teams(member: User) -> QuerySet[Team]:
    return Team.objects.filter(members=member, is_verified=False, is_organisers=False)


def find_reason(teams: Sequence[Team], member: User) -> str:
    """Return why no team of a member may send an image now; empty if a team may."""
    reasons = [why_not_now(team, member) for team in teams]
    return reasons[0] if reasons and all(reasons) else ""
