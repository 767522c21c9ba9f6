"""Organisers flag entries that they want to look at again. Teams do not see flags."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from evaluator.errors import printable
from submissions.models import Entry
from submissions.models.entries import MAX_NOTE_CHARACTERS


def flag(*, entry: Entry, actor: Actor, note: str) -> None:
    """Flag an entry; a flag that it has gets the new note. Raises ValidationError."""
    note = printable(" ".join(note.split()), MAX_NOTE_CHARACTERS)
    if not note:
        raise ValidationError("Write a note: it says what to look at.")
    values = {"flagged_at": timezone.now(), "flag_note": note, "flagged_by": actor.user}
    _update(entry, values, actor, Action.FLAGGED)


def unflag(*, entry: Entry, actor: Actor) -> None:
    """Take the flag of an entry away. Raises ValidationError."""
    if reason_against := why_not_unflag(entry):
        raise ValidationError(reason_against)
    values = {"flagged_at": None, "flag_note": "", "flagged_by": None}
    _update(entry, values, actor, Action.UNFLAGGED)


def why_not_unflag(entry: Entry) -> str:
    """Return why an entry has no flag to take away; empty if it has."""
    return "" if entry.flagged_at is not None else "It has no flag."


@transaction.atomic
def _update(entry: Entry, values: Mapping[str, object], actor: Actor, action: Action) -> None:
    Entry.objects.filter(pk=entry.pk).update(**values)
    changes = {"note": (entry.flag_note, values["flag_note"])}
    record_event(actor=actor, action=action, row=entry, changes=changes)
