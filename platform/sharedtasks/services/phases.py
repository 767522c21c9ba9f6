"""Creating and changing phases: dates, limits, what is taken, pauses, later closings for teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Team
from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import DateChange, Extension, Phase, SharedTask
from sharedtasks.policy import Role
from sharedtasks.release_dates import DATES, Dates, Doubt, find_doubts, find_surprises
from sharedtasks.services.rights import lock_task, tidy_reason
from sharedtasks.terminology_modes import move_modes

# What people change of a phase. Its state, pauses and extensions have functions of their own.
CHANGEABLE = (
    "name",
    "kind",
    *DATES,
    "takes_images",
    "run_limits",
    "grace_minutes",
    "own_scores_verified_only",
)
Values = Mapping[str, Any]  # by names of CHANGEABLE


class ConfirmationNeeded(Exception):
    """A change that somebody has to say is meant. Nothing was saved."""

    def __init__(self, doubts: Sequence[Doubt]) -> None:
        super().__init__(" ".join(doubt.text for doubt in doubts))
        self.doubts = doubts


@transaction.atomic
def create_phase(
    *, actor: Actor, task: SharedTask, slug: str, values: Values, is_meant: bool = False
) -> Phase:
    """Create a phase as a draft. Raises ValidationError, ConfirmationNeeded."""
    lock_task(task, actor, Role.ORGANISER)
    phase = Phase(shared_task=task, slug=slug, **values)
    phase.full_clean()
    if not is_meant:
        _require_sense(list_doubts(None, phase, timezone.now()))
    phase.save()
    record_event(actor=actor, action=Action.CREATED, row=phase)
    return phase


@transaction.atomic
def change_phase(*, actor: Actor, phase: Phase, values: Values, is_meant: bool = False) -> Phase:
    """Change a phase, and keep the dates that were moved. Raises ValidationError.

    Dates in an order without sense, and what would be public or hidden at once, raise
    ConfirmationNeeded unless somebody says that they are meant.
    """
    phase = _lock(phase, actor)
    old = Phase.objects.get(pk=phase.pk)
    changes = {
        name: (getattr(old, name), values[name])
        for name in CHANGEABLE
        if name in values and values[name] != getattr(old, name)
    }
    for name, (_, new) in changes.items():
        setattr(phase, name, new)
    phase.full_clean()
    if not is_meant:
        _require_sense(list_doubts(old, phase, timezone.now()))
    if changes:
        phase.save(update_fields=list(changes))
        _keep_moved_dates(actor, old, changes)
        record_event(actor=actor, action=Action.CHANGED, row=phase, changes=changes)
    return phase


@transaction.atomic
def place_phase(*, actor: Actor, phase: Phase) -> None:
    """Move a phase to the shared task and the address that it has here. Raises ValidationError."""
    stored = Phase.objects.select_related("shared_task").get(pk=phase.pk)
    changes = {
        name: (getattr(stored, name), getattr(phase, name))
        for name in ("shared_task", "slug")
        if getattr(stored, name) != getattr(phase, name)
    }
    if not changes:
        return
    lock_task(stored.shared_task, actor, Role.OWNER)
    lock_task(phase.shared_task, actor, Role.OWNER)
    phase.full_clean()
    phase.save(update_fields=list(changes))
    move_modes(phase)
    record_event(actor=actor, action=Action.CHANGED, row=phase, changes=changes)


@transaction.atomic
def pause(*, actor: Actor, phase: Phase, reason: str) -> None:
    """Refuse uploads from now on, with a public reason. Raises ValidationError.

    Uploads that have begun may end, and what is queued goes on. No date is moved.
    """
    phase, reason = _lock(phase, actor), tidy_reason(reason)
    if phase.paused_at is not None:
        raise ValidationError(f"Submissions to {phase.name} are paused already.")
    phase.paused_at, phase.pause_reason = timezone.now(), reason
    phase.save(update_fields=["paused_at", "pause_reason"])
    record_event(actor=actor, action=Action.PAUSED, row=phase, reason=reason)


@transaction.atomic
def resume(*, actor: Actor, phase: Phase) -> None:
    """Take uploads again. Raises ValidationError."""
    phase = _lock(phase, actor)
    if phase.paused_at is None:
        raise ValidationError(f"Submissions to {phase.name} are not paused.")
    changes = {"paused": (phase.paused_at, None)}
    phase.paused_at, phase.pause_reason = None, ""
    phase.save(update_fields=["paused_at", "pause_reason"])
    record_event(actor=actor, action=Action.RESUMED, row=phase, changes=changes)


@transaction.atomic
def extend(*, actor: Actor, phase: Phase, team: Team, until: datetime, reason: str) -> Extension:
    """Let a team upload until an instant after the closing. Raises ValidationError.

    A second extension of a team replaces its first.
    """
    phase, reason = _lock(phase, actor), tidy_reason(reason)
    if phase.closes_at is None:
        raise ValidationError(f"{phase.name} never closes, so no team needs more time.")
    if until <= max(phase.closes_at, timezone.now()):
        raise ValidationError(
            {"until": f"Choose a date in the future, and after {phase.name} closes."}
        )
    earlier = Extension.objects.filter(phase=phase, team=team).first()
    extension, _ = Extension.objects.update_or_create(
        phase=phase, team=team, defaults={"until": until, "reason": reason}
    )
    changes = {"until": (earlier and earlier.until, until)}
    record_event(actor=actor, action=Action.EXTENDED, row=extension, changes=changes, reason=reason)
    return extension


@transaction.atomic
def end_extension(*, actor: Actor, extension: Extension) -> None:
    """Take a team's later closing back; what it has sent stays."""
    _lock(extension.phase, actor)
    record_event(actor=actor, action=Action.DELETED, row=extension)
    extension.delete()


def read_dates(phase: Phase) -> Dates:
    """Return all dates of a phase by their names."""
    return {name: getattr(phase, name) for name in DATES}


def list_doubts(old: Phase | None, new: Phase, now: datetime) -> list[Doubt]:
    """Return what somebody has to say is meant before a new or changed phase is saved.

    What made no sense before, and stays as it was, is not asked about again.
    """
    known = find_doubts(read_dates(old), kind=old.kind) if old else []
    doubts = [doubt for doubt in find_doubts(read_dates(new), kind=new.kind) if doubt not in known]
    if old and new.is_public:
        doubts += find_surprises(read_dates(old), read_dates(new), now=now)
    return doubts


def _require_sense(doubts: Sequence[Doubt]) -> None:
    if doubts:
        raise ConfirmationNeeded(doubts)


def _lock(phase: Phase, actor: Actor) -> Phase:
    """Lock a phase's shared task, and return the phase as it is now."""
    lock_task(phase.shared_task, actor, Role.ORGANISER)
    return Phase.objects.select_related("shared_task").get(pk=phase.pk)


def _keep_moved_dates(actor: Actor, old: Phase, changes: Mapping[str, tuple[Any, Any]]) -> None:
    """Keep what an announced phase said before; nobody has read the dates of a draft."""
    if not old.is_public:
        return
    now = timezone.now()
    DateChange.objects.bulk_create(
        DateChange(phase=old, field=name, old=before, new=after, at=now, actor=actor.name)
        for name, (before, after) in changes.items()
        if name in DATES
    )
