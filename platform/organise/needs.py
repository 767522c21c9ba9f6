"""What needs a person in a shared task: what failed on our side, and teams to verify.

Mistakes of teams are not counted: an organiser can't fix them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from organise.counting import count_rows
from sharedtasks.models import SharedTask, TeamDecision
from submissions.models import Entry, Submission
from submissions.states import EntryState, SubmissionState


@dataclass(frozen=True, slots=True)
class Needs:
    """What needs a person in a shared task, in numbers."""

    entries: int = 0  # that failed on our side
    submissions: int = 0  # whose check failed on our side
    teams: int = 0  # to be verified

    @property
    def failed(self) -> int:
        """Return how many rows can be requeued."""
        return self.entries + self.submissions

    @property
    def total(self) -> int:
        """Return how many things need a person."""
        return self.failed + self.teams


def failed_entries() -> QuerySet[Entry]:
    """Return the entries that failed on our side."""
    return Entry.objects.filter(state=EntryState.FAILED, withdrawn_at=None)


def failed_submissions() -> QuerySet[Submission]:
    """Return the submissions whose check failed on our side."""
    return Submission.objects.filter(state=SubmissionState.FAILED)


def submissions_to_verify() -> QuerySet[Submission]:
    """Return what teams have sent that wait to be verified; what was refused is left out.

    Teams that were declined or removed do not wait.
    """
    decided = TeamDecision.objects.filter(
        shared_task=OuterRef("phase__shared_task"), team=OuterRef("team")
    )
    waiting = Submission.objects.filter(team__is_verified=False, team__is_organisers=False)
    return waiting.exclude(state=SubmissionState.REFUSED).filter(~Exists(decided))


def with_needs(tasks: QuerySet[SharedTask]) -> QuerySet[SharedTask]:
    """Note of each shared task what needs a person; `read_needs` returns it."""
    of_entry, of_submission = "test_set__phase__shared_task", "phase__shared_task"
    entries = failed_entries().filter(**{of_entry: OuterRef("pk")})
    submissions = failed_submissions().filter(**{of_submission: OuterRef("pk")})
    to_verify = submissions_to_verify().filter(**{of_submission: OuterRef("pk")})
    return tasks.annotate(
        failed_entries=count_rows(entries, of_entry),
        failed_submissions=count_rows(submissions, of_submission),
        teams_to_verify=count_rows(to_verify, of_submission, distinct="team"),
    )


def read_needs(task: SharedTask) -> Needs:
    """Return what needs a person in a shared task that was read by `with_needs`."""
    return Needs(
        task.failed_entries,  # type: ignore[attr-defined]
        task.failed_submissions,  # type: ignore[attr-defined]
        task.teams_to_verify,  # type: ignore[attr-defined]
    )
