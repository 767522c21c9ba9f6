"""What all services ask before they change something: the role of the actor, and a reason."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from accounts.models import User
from audit.actions import Way
from audit.recording import Actor
from sharedtasks.access import require_role
from sharedtasks.models import SharedTask
from sharedtasks.policy import Role
from sharedtasks.states import MAX_REASON, Announceable
from sharedtasks.viewers import viewer_of


def lock_task(task: SharedTask, actor: Actor, least: Role) -> None:
    """Lock a shared task until the transaction ends; the actor has to have the role then.

    Operators have it: by a command, or by the permissions of the admin panel. Raises
    PermissionDenied.
    """
    SharedTask.objects.select_for_update(no_key=True).get(pk=task.pk)
    if actor.way == Way.SITE:
        assert isinstance(actor.user, User)  # a page has nobody else
        require_role(viewer_of(actor.user), task, least)


def find_task(row: Announceable) -> SharedTask:
    """Return the shared task that a row is, or is a part of."""
    task = row.lineage[-1]
    assert isinstance(task, SharedTask)
    return task


def tidy_reason(text: str) -> str:
    """Return a reason on one line. Raises ValidationError if it is empty or too long."""
    reason = " ".join(text.split())
    if not reason:
        raise ValidationError({"reason": "Write a reason: people read it in place of what was."})
    if len(reason) > MAX_REASON:
        raise ValidationError(
            {"reason": f"Shorten the reason to {MAX_REASON} characters; it has {len(reason)}."}
        )
    return reason
