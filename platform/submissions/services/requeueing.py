"""Organisers requeue what failed on our side, once the cause is fixed.

Refused and rejected rows are the team's fault and stay as they are.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.actions import Action
from audit.recording import Actor, record_event
from submissions import work
from submissions.models import Entry, Submission
from submissions.states import ChangeKind, EntryState, SubmissionState

REASON = "requeued, as it had failed on our side"


@transaction.atomic
def requeue_entry(*, entry: Entry, actor: Actor, reason: str = REASON) -> None:
    """Let a failed entry run or be scored again from the start. Raises ValidationError.

    Of two organisers who do so at once, the second is refused: the entry is not failed any more.
    """
    rows = Entry.objects.filter(pk=entry.pk, state=EntryState.FAILED, withdrawn_at=None)
    # Locks the row: a withdrawal at this moment comes before us or after us.
    rows.update(attempts=0, announcements=0)
    entry.refresh_from_db()
    if reason_against := why_not_entry(entry):
        raise ValidationError(reason_against)
    has_run = entry.hypotheses_id is not None
    to = EntryState.SCORING if has_run else EntryState.WAITING
    kind = ChangeKind.REQUEUED
    old = [EntryState.FAILED]
    work.move(entry, old=old, to=to, reason=reason, actor=actor.user, kind=kind)
    entry.refresh_from_db()
    _record(entry, actor, reason=reason)
    if has_run:
        work.announce(entry)


@transaction.atomic
def requeue_submission(*, submission: Submission, actor: Actor, reason: str = REASON) -> None:
    """Let a failed submission be checked again from the start. Raises ValidationError."""
    rows = Submission.objects.filter(pk=submission.pk, state=SubmissionState.FAILED)
    rows.update(attempts=0, announcements=0, fetched=0)
    submission.refresh_from_db()
    if reason_against := why_not_submission(submission):
        raise ValidationError(reason_against)
    to, kind = SubmissionState.CHECKING, ChangeKind.REQUEUED
    old = [SubmissionState.FAILED]
    work.move(submission, old=old, to=to, reason=reason, actor=actor.user, kind=kind)
    submission.refresh_from_db()
    _record(submission, actor, reason=reason)
    work.announce(submission)


def requeue(row: Entry | Submission, *, actor: Actor, reason: str = REASON) -> None:
    """Let what failed begin again. Raises ValidationError."""
    if isinstance(row, Entry):
        requeue_entry(entry=row, actor=actor, reason=reason)
    else:
        requeue_submission(submission=row, actor=actor, reason=reason)


def _record(row: Entry | Submission, actor: Actor, *, reason: str) -> None:
    changes = {"state": (EntryState.FAILED, row.state)}
    record_event(actor=actor, action=Action.REQUEUED, row=row, changes=changes, reason=reason)


def has_failed(row: Entry | Submission) -> bool:
    """Return whether a row failed on our side, so that it may be requeued."""
    return row.state in (EntryState.FAILED, SubmissionState.FAILED)


def why_not(row: Entry | Submission) -> str:
    """Return why a row can't be requeued; empty if it can."""
    return why_not_entry(row) if isinstance(row, Entry) else why_not_submission(row)


def why_not_entry(entry: Entry) -> str:
    """Return why an entry can't be requeued; empty if it can."""
    if entry.state != EntryState.FAILED:
        return f"Only what failed on our side can be requeued; this entry is {entry.state}."
    if entry.withdrawn_at is not None:
        return "It has been withdrawn."
    image = entry.submission.image if entry.submission else None
    if entry.hypotheses_id is None and image is not None and image.quarantined_at is not None:
        return (
            "Its image is in quarantine, so no node would run it. A superuser has to lift the "
            "quarantine first. What failed because of it then waits again by itself."
        )
    return ""


def why_not_submission(submission: Submission) -> str:
    """Return why a submission can't be requeued; empty if it can."""
    if submission.state != SubmissionState.FAILED:
        state = submission.state
        return f"Only what failed on our side can be requeued; this submission is {state}."
    if not submission.image_reference and not submission.files.exists():
        return "Its files have been removed. Its team has to send it again."
    return ""


def find_successor(row: Entry | Submission) -> Entry | Submission | None:
    """Return the submission or entry with which the team has sent the same system again, if any."""
    if isinstance(row, Entry):
        entries = Entry.objects.filter(
            team=row.team_id, test_set=row.test_set_id, system=row.system, pk__gt=row.pk
        )
        useless = [EntryState.FAILED, EntryState.REJECTED, EntryState.CANCELLED]
        return entries.filter(withdrawn_at=None).exclude(state__in=useless).first()
    submissions = Submission.objects.filter(
        team=row.team_id, phase=row.phase_id, kind=row.kind, system=row.system, pk__gt=row.pk
    )
    useful = [SubmissionState.CHECKING, SubmissionState.ACCEPTED]
    return submissions.filter(state__in=useful).order_by("pk").first()
