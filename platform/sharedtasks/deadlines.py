"""Whether an upload is taken: dates, grace, pauses, and what single teams were granted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from accounts.models import Team
from sharedtasks.models import Extension, Phase
from sharedtasks.team_decisions import find_removals


def find_extension(phase: Phase, teams: Sequence[Team]) -> datetime | None:
    """Return until when the phase takes uploads of one of these teams, if later than of others."""
    granted = Extension.objects.filter(phase=phase, team__in=teams)
    until: datetime | None = granted.aggregate(until=Max("until"))["until"]
    return until


def is_open_for(
    phase: Phase, teams: Sequence[Team], now: datetime, *, begun_at: datetime | None = None
) -> bool:
    """Return whether an upload of one of these teams that ends now is taken.

    It began at `begun_at`, or now.
    """
    if phase.is_open(now, begun_at=begun_at):
        return True
    if phase.closes_at is None or now < phase.opens_at or not phase.is_current:
        return False  # nothing that a team can be granted
    return phase.is_open(now, begun_at=begun_at, until=find_extension(phase, teams))


def is_over(phase: Phase, teams: Sequence[Team], now: datetime) -> bool:
    """Return whether a phase is closed for these teams, whether or not it is paused."""
    if phase.closes_at is None or now < phase.closes_at:
        return False
    until = find_extension(phase, teams)
    return until is None or until <= now


def why_refused(
    phase: Phase, teams: Sequence[Team], now: datetime, *, begun_at: datetime | None = None
) -> str:
    """Return why such an upload is refused; empty if it is taken."""
    removals = find_removals(teams, phase.shared_task_id)
    if teams and len(removals) == len(teams):
        removed = removals[0]
        return f"{removed.team} was removed from {removed.shared_task}: {removed.reason}"
    if is_open_for(phase, teams, now, begun_at=begun_at):
        return ""
    if (retired := phase.retired) is not None:
        return f"{phase.name} takes nothing new, because it was retired: {retired.retired_reason}"
    if phase.is_current and phase.paused_at is not None:
        return f"Submissions to {phase.name} are paused: {phase.pause_reason}"
    return f"{phase.name} takes no submissions at the moment."
