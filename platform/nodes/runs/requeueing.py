"""Chooses failed entries and submissions to requeue: by phase, number or cause."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, Subquery

from audit.recording import Actor
from nodes.models import OURS, Run
from nodes.runs.quarantine import last_move
from sharedtasks.models import Phase
from submissions.models import Entry, Submission
from submissions.services import requeueing
from submissions.states import ChangeKind, EntryState, SubmissionState

CHECKING, SCORING, QUARANTINE, UNKNOWN = "checking", "scoring", "quarantine", "unknown"
# What failed: the check of a submission, the scoring, the image's quarantine, or the last run.
CAUSES = (CHECKING, SCORING, QUARANTINE, *sorted(str(outcome) for outcome in OURS), UNKNOWN)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be requeued; numbers are of rows that are named."""

    phase: Phase | None = None
    entries: Collection[int] = ()
    submissions: Collection[int] = ()
    cause: str = ""

    @property
    def is_by_number(self) -> bool:
        """Return whether rows are named, so that none is passed over for having a successor."""
        return bool(self.entries or self.submissions)


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that failed, why, and what keeps it from being requeued (empty: nothing)."""

    row: Entry | Submission
    cause: str
    why_not: str


def find_failed(choice: Choice) -> Iterator[FailedRow]:
    """Yield the chosen rows that failed on our side, oldest first."""
    for submission in _submissions(choice):
        why_not = requeueing.why_not_submission(submission)
        yield FailedRow(submission, CHECKING, why_not or _why_needless(submission, choice))
    for entry in _entries(choice):
        cause = _cause(entry)
        if choice.cause in ("", cause):
            why_not = requeueing.why_not_entry(entry)
            yield FailedRow(entry, cause, why_not or _why_needless(entry, choice))


def requeue(failed: FailedRow, *, actor: Actor) -> str:
    """Requeue a row; return why that failed, if the row has changed meanwhile."""
    try:
        requeueing.requeue(failed.row, actor=actor)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _submissions(choice: Choice) -> Iterator[Submission]:
    rows = Submission.objects.select_related("team", "phase").order_by("pk")
    if choice.is_by_number:
        rows = rows.filter(pk__in=choice.submissions)
    else:
        rows = rows.filter(state=SubmissionState.FAILED)
    if choice.phase is not None:
        rows = rows.filter(phase=choice.phase)
    return rows.iterator() if choice.cause in ("", CHECKING) else iter(())


def _entries(choice: Choice) -> Iterator[Entry]:
    last = Run.objects.filter(entry=OuterRef("pk")).order_by("-pk").values("outcome")[:1]
    chosen = Q(pk__in=choice.entries) if choice.is_by_number else Q(state=EntryState.FAILED)
    if choice.phase is not None:
        chosen &= Q(test_set__phase=choice.phase)
    rows = Entry.objects.select_related("team", "test_set", "submission__image")
    rows = rows.filter(chosen).annotate(last_outcome=Subquery(last), last_move=last_move())
    return rows.order_by("pk").iterator()


def _cause(entry: Entry) -> str:
    if entry.hypotheses_id is not None:
        return SCORING
    image = entry.submission.image if entry.submission else None
    is_quarantined = image is not None and image.quarantined_at is not None
    if is_quarantined or entry.last_move == ChangeKind.QUARANTINED:  # type: ignore[attr-defined]
        return QUARANTINE
    outcome = entry.last_outcome  # type: ignore[attr-defined]  # of `_entries`
    return str(outcome) if outcome in OURS else UNKNOWN


def _why_needless(row: Entry | Submission, choice: Choice) -> str:
    if choice.is_by_number:
        return ""
    successor = requeueing.find_successor(row)
    return f"The team has sent this system again: {successor}." if successor else ""
