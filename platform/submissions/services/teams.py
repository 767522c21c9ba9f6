"""What organisers do about the teams of their shared task. Each service is a transaction.

All raise ValidationError, and PermissionDenied for whoever does not change the shared task.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts import services as accounts
from accounts.models import Team
from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import SharedTask, TeamDecision
from sharedtasks.policy import Role
from sharedtasks.services.rights import lock_task, tidy_reason
from submissions.models import Entry
from submissions.removals import MAX_REMOVAL_REASON, write_reason
from submissions.services import exclusion

Kind = TeamDecision.Kind
ACTION_OF = {Kind.DECLINED: Action.DECLINED, Kind.REMOVED: Action.REMOVED}


@transaction.atomic
def verify(*, actor: Actor, task: SharedTask, teams: Sequence[Team]) -> int:
    """Note that organisers know these teams; return how many were not verified before.

    A team that was declined is so no longer. A team that was removed stays removed, and is left
    out.
    """
    lock_task(task, actor, Role.ORGANISER)
    decisions = TeamDecision.objects.filter(shared_task=task, team__in=teams)
    removed = set(decisions.filter(kind=Kind.REMOVED).values_list("team", flat=True))
    decisions.filter(kind=Kind.DECLINED).delete()
    return accounts.verify_teams([team for team in teams if team.pk not in removed], actor=actor)


@transaction.atomic
def end_verification(*, actor: Actor, task: SharedTask, team: Team, reason: str) -> None:
    """Take the verification of a team back."""
    lock_task(task, actor, Role.ORGANISER)
    accounts.end_verification(team=team, actor=actor, reason=tidy_reason(reason))


@transaction.atomic
def describe(
    *, actor: Actor, task: SharedTask, team: Team, publication_name: str, institution: str
) -> None:
    """Correct how papers name a team and where it is from."""
    lock_task(task, actor, Role.ORGANISER)
    accounts.describe_for_papers(
        team=team, actor=actor, publication_name=publication_name, institution=institution
    )


@transaction.atomic
def decline(*, actor: Actor, task: SharedTask, team: Team, reason: str) -> TeamDecision:
    """Answer a team that waits that it will not be verified; it reads the reason."""
    team.refresh_from_db()
    if team.is_verified:
        raise ValidationError(f"{team} is verified. Take the verification back first.")
    return _decide(actor, task, team, Kind.DECLINED, reason)


@transaction.atomic
def remove(*, actor: Actor, task: SharedTask, team: Team, reason: str) -> TeamDecision:
    """Exclude a team's entries from all boards, with a public reason, and take nothing more of it.

    Its account, its entries and what was published stay.
    """
    reason = tidy_reason(reason)
    if len(reason) > MAX_REMOVAL_REASON:
        raise ValidationError(
            f"Shorten the reason to {MAX_REMOVAL_REASON} characters; it has {len(reason)}."
        )
    decision = _decide(actor, task, team, Kind.REMOVED, reason)
    for entry in _select_entries(decision).filter(withdrawn_at=None, excluded_at=None):
        exclusion.exclude(entry=entry, actor=actor, reason=write_reason(decision))
    return decision


@transaction.atomic
def end_decision(*, actor: Actor, decision: TeamDecision) -> None:
    """Take a decision on a team back: it takes part as before."""
    task, team = decision.shared_task, decision.team
    lock_task(task, actor, Role.ORGANISER)
    if not TeamDecision.objects.filter(pk=decision.pk).exists():
        raise ValidationError(f"{team} takes part again already.")
    changes = {"decision": (decision.kind, None)}
    record_event(actor=actor, action=Action.READMITTED, row=decision, changes=changes)
    decision.delete()
    for entry in _select_entries(decision).filter(excluded_reason=write_reason(decision)):
        exclusion.put_back(entry=entry, actor=actor)


@transaction.atomic
def record_download(*, actor: Actor, task: SharedTask, people: int) -> None:
    """Note that somebody took the names and addresses of the participants along."""
    lock_task(task, actor, Role.ORGANISER)
    changes = {"people": (None, people)}
    record_event(actor=actor, action=Action.PARTICIPANTS_READ, row=task, changes=changes)


def _decide(
    actor: Actor, task: SharedTask, team: Team, kind: TeamDecision.Kind, reason: str
) -> TeamDecision:
    """Keep a decision; a team that was declined can still be removed."""
    lock_task(task, actor, Role.ORGANISER)
    earlier = TeamDecision.objects.filter(shared_task=task, team=team).first()
    if earlier is not None and earlier.kind in (kind, Kind.REMOVED):
        raise ValidationError(f"{team} is {earlier.kind} already.")
    if earlier is not None:
        earlier.delete()
    reason = tidy_reason(reason)
    decision = TeamDecision.objects.create(
        shared_task=task,
        team=team,
        kind=kind,
        reason=reason,
        by_id=actor.user.pk if actor.user else None,
    )
    changes = {"decision": (earlier and earlier.kind, kind)}
    record_event(actor=actor, action=ACTION_OF[kind], row=decision, changes=changes, reason=reason)
    return decision


def _select_entries(decision: TeamDecision) -> QuerySet[Entry]:
    """Return the team's entries in the shared task."""
    entries = Entry.objects.filter(
        test_set__phase__shared_task=decision.shared_task_id, team=decision.team_id
    )
    return entries.order_by("pk")
