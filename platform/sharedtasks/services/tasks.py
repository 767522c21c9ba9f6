"""Creating and changing shared tasks and their modes."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import Mode, SharedTask
from sharedtasks.policy import Role
from sharedtasks.services.rights import lock_task
from sharedtasks.terminology_modes import create_usual_modes

# What people change of a shared task; its slug stays, since addresses hold it.
TEXTS = ("name", "summary", "description", "rules", "contact")


@transaction.atomic
def create_task(*, actor: Actor, slug: str, name: str, **texts: str) -> SharedTask:
    """Create a shared task with the usual modes, as a draft. Raises ValidationError."""
    task = SharedTask(slug=slug, name=name, **texts)
    task.full_clean()
    task.save()
    create_usual_modes(task)
    record_event(actor=actor, action=Action.CREATED, row=task)
    return task


@transaction.atomic
def change_task(*, actor: Actor, task: SharedTask, texts: Mapping[str, str]) -> None:
    """Change texts of a shared task, by names of TEXTS. Raises ValidationError."""
    lock_task(task, actor, Role.ORGANISER)
    stored = SharedTask.objects.get(pk=task.pk)
    changes = {
        name: (getattr(stored, name), texts[name])
        for name in TEXTS
        if name in texts and texts[name] != getattr(stored, name)
    }
    for name, (_, new) in changes.items():
        setattr(stored, name, new)
    stored.full_clean()
    if changes:
        stored.save(update_fields=list(changes))
        record_event(actor=actor, action=Action.CHANGED, row=stored, changes=changes)


@transaction.atomic
def create_mode(
    *,
    actor: Actor,
    task: SharedTask,
    name: str,
    label: str,
    gives_terms: bool,
    gives_samples: bool,
    list_name: str,
) -> Mode:
    """Add a terminology mode to a shared task, as its last tab. Raises ValidationError."""
    lock_task(task, actor, Role.ORGANISER)
    last = task.modes.last()
    mode = Mode(
        shared_task=task,
        name=name,
        label=label,
        gives_terms=gives_terms,
        gives_samples=gives_samples,
        list_name=list_name,
        position=last.position + 1 if last else 0,
    )
    mode.full_clean()
    mode.save()
    record_event(actor=actor, action=Action.CREATED, row=mode)
    return mode
