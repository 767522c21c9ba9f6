"""The states of submissions, entries and rescores, and every move between them. Imports no model.

A state is final if only an organiser makes a row leave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto

from django.db.models import TextChoices


class SubmissionState(TextChoices):
    CHECKING = "checking"  # stored; a worker reads it, or is about to
    ACCEPTED = "accepted"  # final: its entries go on by themselves
    REFUSED = "refused"  # final, the team's fault: its problems say why
    FAILED = "failed"  # final; our fault, after three attempts


class EntryState(TextChoices):
    WAITING = "waiting"  # its system waits for a node; nothing fails for waiting
    RUNNING = "running"  # a node runs its system, on sample sentences or on the test set
    SCORING = "scoring"  # a worker scores it, or is about to
    SCORED = "scored"  # final: its scores are on the board
    REJECTED = "rejected"  # final, the team's fault: its system, or texts that cost too much
    FAILED = "failed"  # final; our fault, after several attempts
    CANCELLED = "cancelled"  # final: stopped by the team or by an organiser


class RescoreState(TextChoices):
    SCORING = "scoring"  # a worker scores the entry again, or is about to
    SCORED = "scored"  # final: the new scores are beside the old scores
    FAILED = "failed"  # final: nothing is changed; a later rescore begins it again


class ChangeKind(TextChoices):
    """What a line of a timeline tells. Rules read this, never the line's text."""

    CREATED = "created"  # the row begins in its first state
    MOVE = "move"  # from one state to another
    REQUEUED = "requeued"  # a move: an organiser lets a final row begin again
    QUARANTINED = "quarantined"  # a move: the entry failed because its image is in quarantine
    NOTE = "note"  # an explanation; nothing changed
    MADE_PRIMARY = "made_primary"  # chosen by its actor; without an actor, as asked for at upload
    MADE_CONTRASTIVE = "made_contrastive"  # chosen by its actor, or replaced by another entry
    WITHDRAWN = "withdrawn"  # taken off the boards for good


MOVE_KINDS = frozenset({ChangeKind.MOVE, ChangeKind.REQUEUED, ChangeKind.QUARANTINED})
NOTE_KINDS = frozenset(ChangeKind) - MOVE_KINDS - {ChangeKind.CREATED}  # the state stays


class MovedBy(Enum):
    """Who may make a move."""

    PLATFORM = auto()  # a worker, a node or the sweeper
    TEAM = auto()  # a member, or an organiser in the team's place
    ORGANISER = auto()  # by hand, out of a final state


SUBMISSION_MOVES: Sequence[tuple[SubmissionState, SubmissionState, MovedBy]] = (
    (SubmissionState.CHECKING, SubmissionState.ACCEPTED, MovedBy.PLATFORM),
    (SubmissionState.CHECKING, SubmissionState.REFUSED, MovedBy.PLATFORM),
    (SubmissionState.CHECKING, SubmissionState.FAILED, MovedBy.PLATFORM),
    (SubmissionState.FAILED, SubmissionState.CHECKING, MovedBy.ORGANISER),
)

ENTRY_MOVES: Sequence[tuple[EntryState, EntryState, MovedBy]] = (
    (EntryState.WAITING, EntryState.RUNNING, MovedBy.PLATFORM),
    (EntryState.WAITING, EntryState.REJECTED, MovedBy.PLATFORM),  # with its language pair
    (EntryState.WAITING, EntryState.FAILED, MovedBy.PLATFORM),  # its image is in quarantine
    (EntryState.WAITING, EntryState.CANCELLED, MovedBy.TEAM),
    (EntryState.RUNNING, EntryState.WAITING, MovedBy.PLATFORM),  # smoke run passed, or a retry
    (EntryState.RUNNING, EntryState.SCORING, MovedBy.PLATFORM),
    (EntryState.RUNNING, EntryState.REJECTED, MovedBy.PLATFORM),
    (EntryState.RUNNING, EntryState.FAILED, MovedBy.PLATFORM),
    (EntryState.RUNNING, EntryState.CANCELLED, MovedBy.TEAM),
    (EntryState.SCORING, EntryState.SCORED, MovedBy.PLATFORM),
    (EntryState.SCORING, EntryState.REJECTED, MovedBy.PLATFORM),  # it passed a limit twice
    (EntryState.SCORING, EntryState.FAILED, MovedBy.PLATFORM),
    (EntryState.FAILED, EntryState.WAITING, MovedBy.ORGANISER),
    (EntryState.FAILED, EntryState.SCORING, MovedBy.ORGANISER),
    (EntryState.REJECTED, EntryState.WAITING, MovedBy.ORGANISER),
    (EntryState.REJECTED, EntryState.SCORING, MovedBy.ORGANISER),
)

# Of a rescore. Its entry stays `scored` all the time.
RESCORE_MOVES: Sequence[tuple[RescoreState, RescoreState, MovedBy]] = (
    (RescoreState.SCORING, RescoreState.SCORED, MovedBy.PLATFORM),
    (RescoreState.SCORING, RescoreState.FAILED, MovedBy.PLATFORM),
    (RescoreState.SCORED, RescoreState.SCORING, MovedBy.ORGANISER),
    (RescoreState.FAILED, RescoreState.SCORING, MovedBy.ORGANISER),
)


def _find_final(states: Iterable[str], moves: Iterable[tuple[str, str, MovedBy]]) -> frozenset[str]:
    left = {old for old, _, by in moves if by is not MovedBy.ORGANISER}
    return frozenset(states) - left


# Nothing happens by itself any more.
FINAL = (
    _find_final(SubmissionState.values, SUBMISSION_MOVES)
    | _find_final(EntryState.values, ENTRY_MOVES)
    | _find_final(RescoreState.values, RESCORE_MOVES)
)
