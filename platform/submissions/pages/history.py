"""The submissions of a viewer's teams: filtered, newest first."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import Team
from sharedtasks.models import Phase
from submissions.models import Entry, Submission, Verdict
from submissions.states import EntryState, SubmissionState

FILES_SHOWN = 20  # of each submission

WITHDRAWN = "withdrawn"  # no state of an entry: it has a column of its own

# States of a submission, or of any of its files, as the rows show them.
SHOWN_STATES = [
    (SubmissionState.CHECKING.value, "being checked"),
    (EntryState.WAITING.value, "waiting"),
    (EntryState.RUNNING.value, "running"),
    (EntryState.SCORING.value, "being scored"),
    (EntryState.SCORED.value, "scored"),
    (SubmissionState.REFUSED.value, "refused"),
    (EntryState.REJECTED.value, "rejected"),
    (WITHDRAWN, "withdrawn"),
    (EntryState.CANCELLED.value, "cancelled"),
    (EntryState.FAILED.value, "failed"),
]


def filter_submissions(
    submissions: QuerySet[Submission],
    *,
    visible: QuerySet[Entry],
    team: Team | None = None,
    phase: Phase | None = None,
    state: str = "",
) -> QuerySet[Submission]:
    """Filter submissions, each with its first files' verdicts, or its image's entries.

    `visible` are the entries that the reader may know of.
    """
    if team:
        submissions = submissions.filter(team=team)
    if phase:
        submissions = submissions.filter(phase=phase)
    if state:
        submissions = submissions.filter(_build_state_filter(state, visible))
    verdicts = Verdict.objects.select_related("test_set", "entry")
    entries = visible.filter(submission__kind=Submission.Kind.IMAGE)
    entries = entries.select_related("test_set").order_by("pk")
    return submissions.prefetch_related(
        Prefetch(
            "verdicts", verdicts.order_by("position")[: FILES_SHOWN + 1], to_attr="first_files"
        ),
        Prefetch("entries", entries[: FILES_SHOWN + 1], to_attr="first_entries"),
    )


def _build_state_filter(state: str, visible: QuerySet[Entry]) -> Q:
    entries = visible.filter(submission=OuterRef("pk"))
    live = entries.filter(withdrawn_at=None)
    if state == WITHDRAWN:
        return Q(Exists(entries.exclude(withdrawn_at=None)))
    if state == SubmissionState.REFUSED:
        return Q(Exists(Verdict.objects.filter(submission=OuterRef("pk"), errors__gt=0)))
    if state in EntryState.values:  # "failed" is a state of both
        return Q(state=state) | Q(Exists(live.filter(state=state)))
    return Q(state=state)
