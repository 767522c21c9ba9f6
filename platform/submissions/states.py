"""The states of submissions and entries, and every move between them. Imports no model.

A state that no arrow leaves is final; so is `failed`, which only an organiser's hand leaves.
"""

from __future__ import annotations

from django.db.models import TextChoices


class SubmissionState(TextChoices):
    CHECKING = "checking"  # stored; a worker reads it, or is about to
    ACCEPTED = "accepted"  # final: its entries go on by themselves
    REFUSED = "refused"  # final, the team's fault: its problems say why
    FAILED = "failed"  # final unless it is requeued; our fault, after three attempts


class EntryState(TextChoices):
    WAITING = "waiting"  # its system waits for a node; nothing fails for waiting
    RUNNING = "running"  # a node runs its system, on sample sentences or on the test set
    SCORING = "scoring"  # a worker scores it, or is about to
    SCORED = "scored"  # final: its scores are on the board
    REJECTED = "rejected"  # final, the team's fault: its system, or texts that cost too much
    FAILED = "failed"  # final unless it is requeued; our fault, after three attempts
    CANCELLED = "cancelled"  # final: the team, or an organiser, wanted no more of it


class ChangeKind(TextChoices):
    """What a line of a timeline tells. Rules read this, and never the line's text."""

    CREATED = "created"  # the row begins in its first state
    MOVE = "move"  # from one state to another
    REQUEUED = "requeued"  # a move: an organiser lets a failed row begin again
    QUARANTINED = "quarantined"  # a move: the entry failed because its image is in quarantine
    NOTE = "note"  # an explanation; nothing changed
    MADE_PRIMARY = "made_primary"  # chosen by the line's actor; no actor: as asked for at upload
    MADE_CONTRASTIVE = (
        "made_contrastive"  # chosen by the line's actor, or another entry replaced it
    )
    WITHDRAWN = "withdrawn"  # taken off the boards for good


MOVES = frozenset({ChangeKind.MOVE, ChangeKind.REQUEUED, ChangeKind.QUARANTINED})
NOTES = frozenset(ChangeKind) - MOVES - {ChangeKind.CREATED}  # lines that leave the state as it is


TRANSITIONS: dict[str, frozenset[str]] = {
    SubmissionState.CHECKING: frozenset(
        {SubmissionState.ACCEPTED, SubmissionState.REFUSED, SubmissionState.FAILED}
    ),
    EntryState.WAITING: frozenset(
        {EntryState.RUNNING, EntryState.REJECTED, EntryState.FAILED, EntryState.CANCELLED}
    ),
    EntryState.RUNNING: frozenset(
        {
            EntryState.WAITING,
            EntryState.SCORING,
            EntryState.REJECTED,
            EntryState.FAILED,
            EntryState.CANCELLED,
        }
    ),
    EntryState.SCORING: frozenset({EntryState.SCORED, EntryState.REJECTED, EntryState.FAILED}),
    # Of both: by `requeueing` alone. The database knows which states are whose.
    EntryState.FAILED: frozenset(
        {SubmissionState.CHECKING, EntryState.WAITING, EntryState.SCORING}
    ),
}

FINAL = frozenset(
    {*SubmissionState.values, *EntryState.values} - set(TRANSITIONS) | {EntryState.FAILED}
)  # nothing happens by itself any more
