"""Opening a shared task, and the roles in it. A shared task always has an owner.

Owners alone give and take roles, and operators by a command or in the admin panel.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import Organiser, SharedTask
from sharedtasks.policy import Role
from sharedtasks.services.rights import lock_task
from sharedtasks.services.tasks import create_task


@transaction.atomic
def open_task(*, actor: User, name: str, slug: str, **texts: str) -> SharedTask:
    """Create a shared task, a draft that the actor owns.

    Raises PermissionDenied without the permission to open shared tasks, ValidationError for a
    name or slug that can't be.
    """
    if not actor.has_perm("sharedtasks.open_tasks"):
        raise PermissionDenied("Your account may not open shared tasks. Ask the operators.")
    task = create_task(actor=Actor.of(actor), slug=slug, name=name, **texts)
    Organiser.objects.create(shared_task=task, user=actor, role=Role.OWNER)
    return task


def give_to_superusers(task: SharedTask, *, actor: Actor) -> list[Organiser]:
    """Make all superusers owners of a shared task that a command has created."""
    superusers = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
    return [
        add_organiser(actor=actor, task=task, user=user, role=Role.OWNER) for user in superusers
    ]


@transaction.atomic
def add_organiser(
    *,
    actor: Actor,
    task: SharedTask,
    user: User,
    role: Role,
    reads_references: bool = False,
) -> Organiser:
    """Give an account a role in a shared task. Raises ValidationError, PermissionDenied."""
    lock_task(task, actor, Role.OWNER)
    if not user.is_active:
        raise ValidationError(f"The account {user} is switched off. Switch it on first.")
    held = Organiser.objects.filter(shared_task=task, user=user).first()
    if held is not None:
        raise ValidationError(f"{user} is {held.role} of {task} already. Change that role.")
    organiser = Organiser(shared_task=task, user=user, role=role, reads_references=reads_references)
    organiser.full_clean()
    organiser.save()
    _record(actor, organiser, None)
    return organiser


@transaction.atomic
def set_role(
    *, actor: Actor, organiser: Organiser, role: Role, reads_references: bool
) -> Organiser:
    """Give an organiser another role, or let an observer read references or no longer.

    Raises ValidationError, PermissionDenied.
    """
    organiser = change_role(actor=actor, organiser=organiser, role=role)
    if reads_references != organiser.reads_references:
        show_references(actor=actor, organiser=organiser, are_shown=reads_references)
    return organiser


@transaction.atomic
def change_role(*, actor: Actor, organiser: Organiser, role: Role) -> Organiser:
    """Give an organiser another role; an observer then begins without references.

    Raises ValidationError.
    """
    organiser = _lock_organiser(organiser, actor)
    if role == organiser.role:
        return organiser
    _require_another_owner(organiser)
    old = (organiser.role, organiser.reads_references)
    organiser.role, organiser.reads_references = role, False
    organiser.full_clean()
    organiser.save()
    _record(actor, organiser, old)
    return organiser


@transaction.atomic
def show_references(*, actor: Actor, organiser: Organiser, are_shown: bool) -> Organiser:
    """Let an observer read references, or no longer. Raises ValidationError."""
    organiser = _lock_organiser(organiser, actor)
    if organiser.role != Role.OBSERVER:
        raise ValidationError(f"{organiser.user} is {organiser.role} and always reads references.")
    old = (organiser.role, organiser.reads_references)
    organiser.reads_references = are_shown
    organiser.save()
    _record(actor, organiser, old)
    return organiser


@transaction.atomic
def remove_organiser(*, actor: Actor, organiser: Organiser) -> None:
    """Take an organiser's role away. Raises ValidationError."""
    organiser = _lock_organiser(organiser, actor)
    _require_another_owner(organiser)
    changes = {"role": (organiser.role, None)}
    record_event(actor=actor, action=Action.ROLE_TAKEN, row=organiser, changes=changes)
    organiser.delete()


def _record(actor: Actor, organiser: Organiser, old: tuple[str, bool] | None) -> None:
    """Record a role that was given, or given in place of an old role."""
    role, reads_references = old or (None, False)
    changes: dict[str, tuple[object, object]] = {"role": (role, organiser.role)}
    if reads_references != organiser.reads_references:
        changes["reads references"] = (reads_references, organiser.reads_references)
    record_event(actor=actor, action=Action.ROLE_GIVEN, row=organiser, changes=changes)


def _lock_organiser(organiser: Organiser, actor: Actor) -> Organiser:
    """Lock the shared task and return the organiser's row as it is now."""
    lock_task(organiser.shared_task, actor, Role.OWNER)
    rows = Organiser.objects.select_related("shared_task", "user")
    row = rows.filter(pk=organiser.pk).first()
    if row is None:
        raise ValidationError(f"{organiser.user} has no role in {organiser.shared_task} any more.")
    return row


def _require_another_owner(organiser: Organiser) -> None:
    """Refuse to leave a shared task without an owner whose account is switched on."""
    task = organiser.shared_task
    others = task.organisers.exclude(pk=organiser.pk)
    is_owner = organiser.role == Role.OWNER
    if is_owner and not others.filter(role=Role.OWNER, user__is_active=True).exists():
        raise ValidationError(f"{task} needs an owner. Make somebody else an owner first.")
