"""What organisers do with shared tasks and phases."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import Phase, SharedTask
from sharedtasks.terminology_modes import create_usual_modes

WITH_BOARDS = ("own_scores_at", "board_at", "team_names_at")


@transaction.atomic
def create_task(*, actor: Actor, slug: str, name: str) -> SharedTask:
    """Create a shared task with the usual modes, for organisers only. Raises ValidationError."""
    task = SharedTask(slug=slug, name=name, is_announced=False)
    task.full_clean()
    task.save()
    create_usual_modes(task)
    record_event(actor=actor, action=Action.CREATED, row=task)
    return task


@transaction.atomic
def create_phase(*, actor: Actor, task: SharedTask, slug: str) -> Phase:
    """Create a phase that is open, for organisers only. Raises ValidationError."""
    phase = Phase(
        shared_task=task, slug=slug, name=slug, opens_at=timezone.now(), is_announced=False
    )
    phase.full_clean()
    phase.save()
    record_event(actor=actor, action=Action.CREATED, row=phase)
    return phase


@transaction.atomic
def announce(*, actor: Actor, phase: Phase, show_scores: bool) -> None:
    """Make a phase and its shared task public.

    With `show_scores`, dates of scores, boards and names that are not set are set to now.
    """
    now = timezone.now()
    dates = [name for name in WITH_BOARDS if show_scores and getattr(phase, name) is None]
    for row, values in (
        (phase.shared_task, {"is_announced": True}),
        (phase, {"is_announced": True, **dict.fromkeys(dates, now)}),
    ):
        changes = {name: (getattr(row, name), value) for name, value in values.items()}
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=[*values])
        record_event(actor=actor, action=Action.ANNOUNCED, row=row, changes=changes)
