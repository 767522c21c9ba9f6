"""Organisers leave entries out of ranks, and put them back; scores and outputs are kept."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from evaluator.errors import printable
from sharedtasks.team_decisions import find_removals
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry
from submissions.models.entries import MAX_NOTE_CHARACTERS


@transaction.atomic
def exclude(*, entry: Entry, actor: Actor, reason: str) -> None:
    """Leave an entry out of ranks; its board and its page give the reason.

    It keeps its role, so that its rank comes back with it. Raises ValidationError.
    """
    entry = Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if reason_against := why_not_exclude(entry):
        raise ValidationError(reason_against)
    reason = printable(" ".join(reason.split()), MAX_NOTE_CHARACTERS)
    if not reason:
        raise ValidationError("Give a reason: it is public.")
    values = {
        "excluded_at": timezone.now(), "excluded_reason": reason, "excluded_by": actor.user
    }  # fmt: skip
    _update(entry, values, actor, Action.EXCLUDED, reason)


@transaction.atomic
def put_back(*, entry: Entry, actor: Actor, reason: str = "") -> None:
    """Rank an excluded entry again as if nothing had been. Raises ValidationError."""
    entry = Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if reason_against := why_not_put_back(entry):
        raise ValidationError(reason_against)
    if find_removals([entry.team] if entry.team else [], entry.phase.shared_task_id):
        raise ValidationError(f"{entry.team} was removed. Admit the team again instead.")
    values = {"excluded_at": None, "excluded_reason": "", "excluded_by": None}
    _update(entry, values, actor, Action.PUT_BACK, reason)


def _update(
    entry: Entry, values: Mapping[str, object], actor: Actor, action: Action, reason: str
) -> None:
    Entry.objects.filter(pk=entry.pk).update(**values)
    line = f"{action}: {reason}" if reason else action
    work.record_note(entry, reason=line, actor=actor.user)
    is_excluded = action is Action.EXCLUDED
    changes = {"excluded": (not is_excluded, is_excluded)}
    record_event(actor=actor, action=action, row=entry, changes=changes, reason=reason)
    touch_board(entry.test_set_id)


def why_not_exclude(entry: Entry) -> str:
    """Return why an entry can't be excluded; empty if it can."""
    if entry.kind != Entry.Kind.SYSTEM:
        return "It belongs to the test set, not to a team."
    if entry.withdrawn_at is not None:
        return "It has been withdrawn, so it is on no board."
    return "It is excluded already." if entry.excluded_at is not None else ""


def why_not_put_back(entry: Entry) -> str:
    """Return why an entry can't be put back; empty if it can."""
    return "" if entry.excluded_at is not None else "It is not excluded."
