"""Creating shared tasks."""

from __future__ import annotations

from django.db import transaction

from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import SharedTask
from sharedtasks.terminology_modes import create_usual_modes


@transaction.atomic
def create_task(*, actor: Actor, slug: str, name: str) -> SharedTask:
    """Create a shared task with the usual modes, as a draft. Raises ValidationError."""
    task = SharedTask(slug=slug, name=name)
    task.full_clean()
    task.save()
    create_usual_modes(task)
    record_event(actor=actor, action=Action.CREATED, row=task)
    return task
