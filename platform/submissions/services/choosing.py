"""Decisions on an entry, by its team or by organisers: withdraw, rank by it, cancel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Team, User
from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.deadlines import is_over
from sharedtasks.policy import Role, Viewer
from sharedtasks.states import State
from sharedtasks.viewers import viewer_of
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry
from submissions.rights import may_change
from submissions.services.primaries import end_primary, lock_primaries
from submissions.states import ChangeKind, EntryState


def withdraw(*, entry: Entry, actor: User) -> None:
    """Take an entry off the boards for good, and stop its system. Raises ValidationError."""
    _require_choice(entry, actor)
    with transaction.atomic():
        changed = Entry.objects.filter(pk=entry.pk, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), withdrawn_by=actor, is_primary=False
        )
        if changed:
            kind = ChangeKind.WITHDRAWN
            work.record_note(entry, kind=kind, reason="withdrawn", actor=actor)
            _stop(entry, reason="withdrawn", actor=actor)
            record_event(actor=Actor.of(actor), action=Action.WITHDRAWN, row=entry)
            touch_board(entry.test_set_id)


def make_primary(*, entry: Entry, actor: User) -> None:
    """Rank the team by this entry; its earlier primary becomes contrastive.

    Raises ValidationError.
    """
    team = _require_choice(entry, actor)
    with transaction.atomic():
        lock_primaries(team.pk)
        # Lock its row too: a withdrawal at this moment comes before us or after us.
        rows = Entry.objects.select_for_update(no_key=True)
        rows = rows.filter(withdrawn_at=None, excluded_at=None, state=EntryState.SCORED)
        scored = rows.filter(pk=entry.pk).first()
        if scored is None:
            raise ValidationError(
                "Only an entry that is scored, and neither withdrawn nor excluded, can be primary."
            )
        if scored.is_primary:
            return
        end_primary(scored, actor=actor)
        Entry.objects.filter(pk=entry.pk).update(is_primary=True)
        kind = ChangeKind.MADE_PRIMARY
        work.record_note(entry, kind=kind, reason="made primary", actor=actor)
        record_event(actor=Actor.of(actor), action=Action.MADE_PRIMARY, row=entry)
        touch_board(entry.test_set_id)


def make_contrastive(*, entry: Entry, actor: User) -> None:
    """Stop ranking the team by this entry. Raises ValidationError."""
    _require_choice(entry, actor)
    with transaction.atomic():
        if Entry.objects.filter(pk=entry.pk, is_primary=True).update(is_primary=False):
            kind = ChangeKind.MADE_CONTRASTIVE
            work.record_note(entry, kind=kind, reason="made contrastive", actor=actor)
            record_event(actor=Actor.of(actor), action=Action.MADE_CONTRASTIVE, row=entry)
            touch_board(entry.test_set_id)


def cancel(*, entry: Entry, actor: User) -> None:
    """Stop an entry whose system waits for a node or runs. Raises ValidationError.

    The node is told at its next sign of life, and stops the container.
    """
    if not may_change(viewer_of(actor), entry):
        raise ValidationError(_not_theirs(entry))
    with transaction.atomic():
        if not _stop(entry, reason="", actor=actor):
            raise ValidationError("Only an entry whose system waits or runs can be cancelled.")
        changes = {"state": (entry.state, EntryState.CANCELLED)}
        record_event(actor=Actor.of(actor), action=Action.CANCELLED, row=entry, changes=changes)


def why_no_choice(entry: Entry, viewer: Viewer) -> str:
    """Return why the viewer can't change an entry's role now; empty if the viewer can.

    A team chooses until the deadline, organisers later too.
    """
    if entry.team is None:
        return "This row belongs to the test set, not to a team."
    if not may_change(viewer, entry):
        return _not_theirs(entry)
    if entry.test_set.state == State.RETIRED:
        return f"{entry.test_set.slug} is retired: {entry.test_set.retired_reason}"
    phase = entry.phase
    is_organiser = viewer.has_role(phase.shared_task_id, Role.ORGANISER)
    is_final = not phase.is_current or is_over(phase, [entry.team], timezone.now())
    if is_organiser or not is_final:
        return ""
    return (
        f"{phase.name} is over: what your team is ranked by stays as it is. "
        "Ask the organisers if it is wrong."
    )


def _stop(entry: Entry, *, reason: str, actor: User) -> bool:
    """Cancel an entry whose system waits or runs; return False if it does neither."""
    # Locked, so that its state can't change between the two attempts to move it.
    Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    old = (EntryState.WAITING, EntryState.RUNNING)
    return work.move(entry, old=old, to=EntryState.CANCELLED, reason=reason, actor=actor)


def _not_theirs(entry: Entry) -> str:
    return f"Only members of {entry.team} and organisers can change this."


def _require_choice(entry: Entry, actor: User) -> Team:
    """Return the entry's team. Raises ValidationError if the actor may not change its role."""
    if why_not := why_no_choice(entry, viewer_of(actor)):
        raise ValidationError(why_not)
    assert entry.team is not None  # or there would be a reason
    return entry.team
