"""Announcing, retiring and deleting shared tasks, phases and test sets."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.corrections import CorrectionState
from sharedtasks.models import SharedTask, TestSet
from sharedtasks.policy import Role
from sharedtasks.services.rights import find_task, lock_task, tidy_reason
from sharedtasks.states import TRANSITIONS, Announceable, State

ANNOUNCE_FIRST = "{part} is a part of {parent}, which is a draft. Announce {parent}, too."


@transaction.atomic
def announce(*, actor: Actor, task: SharedTask, parts: Iterable[Announceable]) -> None:
    """Make drafts of a shared task public; owners only. Raises ValidationError.

    A part needs its parents: announced already, or among the parts.
    """
    lock_task(task, actor, Role.OWNER)
    # Parents first: a test set is told from its phase by the length of its lineage.
    for part in sorted(parts, key=lambda row: len(row.lineage)):
        part.refresh_from_db()
        require_part(part, task)
        for parent in part.lineage[1:]:
            parent.refresh_from_db(fields=["state"])
            if parent.state == State.DRAFT:
                raise ValidationError(ANNOUNCE_FIRST.format(part=part, parent=parent))
        if part.state == State.RETIRED:
            raise ValidationError(f"{part} is retired. Put it back instead.")
        if part.state == State.DRAFT:
            _move(part, State.ANNOUNCED)
            changes = {"state": (State.DRAFT, State.ANNOUNCED)}
            record_event(actor=actor, action=Action.ANNOUNCED, row=part, changes=changes)


@transaction.atomic
def retire(*, actor: Actor, row: Announceable, reason: str) -> None:
    """Take an announced row out of all lists, with a public reason; owners only.

    It takes nothing new, and stays readable at its address. Raises ValidationError.
    """
    reason = tidy_reason(reason)
    lock_task(find_task(row), actor, Role.OWNER)
    row.refresh_from_db()
    _move(row, State.RETIRED, retired_at=timezone.now(), retired_reason=reason)
    record_event(
        actor=actor,
        action=Action.RETIRED,
        row=row,
        changes={"state": (State.ANNOUNCED, State.RETIRED)},
        reason=reason,
    )


@transaction.atomic
def put_back(*, actor: Actor, row: Announceable) -> None:
    """Announce a retired row again; owners only. Raises ValidationError."""
    lock_task(find_task(row), actor, Role.OWNER)
    row.refresh_from_db()
    if row.state != State.RETIRED:
        raise ValidationError(f"{row} is not retired.")
    _move(row, State.ANNOUNCED, retired_at=None, retired_reason="")
    record_event(
        actor=actor,
        action=Action.ANNOUNCED,
        row=row,
        changes={"state": (State.RETIRED, State.ANNOUNCED)},
    )


@transaction.atomic
def delete(*, actor: Actor, row: Announceable) -> None:
    """Delete a row and its parts, as long as no team has an entry there. Raises ValidationError.

    Organisers may delete drafts, owners what has been announced, too.
    """
    lock_task(find_task(row), actor, Role.ORGANISER if row.state == State.DRAFT else Role.OWNER)
    if isinstance(row, TestSet):
        _require_no_correction(row)
    record_event(actor=actor, action=Action.DELETED, row=row)
    try:
        row.delete()
    except ProtectedError as error:
        raise ValidationError(
            f"Teams have entries in {row}, so it cannot be deleted. It can be retired with a "
            "public reason; its entries stay readable."
        ) from error


def require_part(part: Announceable, task: SharedTask) -> None:
    """Raise ValidationError unless a row is the shared task or a part of it."""
    if find_task(part) != task:
        raise ValidationError(f"{part} is not a part of {task}.")


def _move(row: Announceable, to: State, **columns: object) -> None:
    """Move a row to another state. Raises ValidationError if it is in no state that allows it."""
    if isinstance(row, TestSet):
        _require_no_correction(row)
    if to not in TRANSITIONS[State(row.state)]:
        raise ValidationError(f"{row} is {State(row.state).label.lower()}. It cannot be {to} now.")
    row.state = to
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *columns])


def _require_no_correction(test_set: TestSet) -> None:
    """Raise ValidationError if a correction decides whether a version is public."""
    if test_set.is_correction:
        raise ValidationError(
            f"{test_set} is prepared by a correction. Publish or discard that correction."
        )
    if test_set.corrections.filter(state=CorrectionState.PUBLISHED).exists():
        raise ValidationError(f"A newer version has replaced {test_set}. Correct that version.")
