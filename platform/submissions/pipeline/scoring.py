"""From an entry's hypotheses to its scores, or to the reason why it has none."""

from __future__ import annotations

from heapq import nlargest
from io import BytesIO
from operator import itemgetter

from django.db import transaction

import evaluator
from evaluator.baselines import plan_baselines
from evaluator.score_server import Job
from files import storage
from sharedtasks import testsets
from sharedtasks.states import State
from submissions import hypotheses, work
from submissions.boards import touch_board
from submissions.models import Entry, Score
from submissions.pipeline.scorer import scorer
from submissions.pipeline.scoring_room import enter_room
from submissions.services.primaries import end_primary, is_outdated, lock_primaries
from submissions.states import ChangeKind, EntryState

LARGEST_NAMED = 5  # segments, to the team of an entry that costs too much
MAX_NAME_SHOWN = 60  # characters of an id
MAX_STATISTICS_BYTES = 256 * 1024 * 1024


def evaluate(entry: Entry, *, alone: bool = False) -> evaluator.ScoringResult:
    """Compute every metric that the entry's test set has; reads files, writes nothing.

    Raises scoring_room.NotNow, scorer.LimitPassed or scorer.ScorerFailed.
    """
    # The digest does not tell test sets apart that differ in their lemmatiser only.
    key = f"{entry.test_set.digest} {entry.test_set.term_lemmatiser}"
    if entry.kind == Entry.Kind.ORACLE:
        key = f"{key} {entry.system}"
    job = Job(key, hypotheses.load(entry), entry.test_set.lemmatiser)
    with enter_room(alone=alone or entry.overruns > 0):
        return scorer.score(read_test_set_for(entry), job)


def read_test_set_for(entry: Entry) -> evaluator.TestSet:
    """Return what an entry is scored against: for a reference, without the reference itself."""
    test_set = testsets.read(entry.test_set)
    if entry.kind != Entry.Kind.ORACLE:
        return test_set
    return next(
        candidate.against
        for candidate in plan_baselines(test_set)
        if candidate.name == entry.system
    )


def record_overrun(entry: Entry, limit: str, *, owner: str) -> None:
    """Score an entry that passed a limit once more, alone; after the second time reject it.

    Raises NoLongerOurs if another worker has the entry by now.
    """
    if entry.overruns:
        reason = _why_rejected(entry, limit)
        with transaction.atomic():
            if not work.finish(entry, to=EntryState.REJECTED, owner=owner, reason=reason):
                raise work.NoLongerOurs
        return
    with transaction.atomic():
        if not work.select_held(entry, owner=owner).update(overruns=1):
            raise work.NoLongerOurs
        note = f"scoring took more than {limit}; it is scored once more, alone"
        work.record_note(entry, reason=note)
        work.release(entry, owner=owner)


def _why_rejected(entry: Entry, limit: str) -> str:
    segments = hypotheses.list_segments(entry)
    sizes = [len(text.encode()) for text in hypotheses.read_texts(entry)]
    largest = nlargest(LARGEST_NAMED, zip(sizes, segments, strict=True), key=itemgetter(0))
    named = ", ".join(f"{_name(segment)} ({size:,} bytes)" for size, segment in largest)
    return (
        f"Scoring took more than {limit} twice, the second time with no other scoring beside it. "
        f"That is the limit. The largest segments are {named}, of {sum(sizes):,} bytes in all. "
        "Look for texts that repeat themselves or do not end, and send shorter texts."
    )


def _name(segment: evaluator.Segment) -> str:
    name = segment.id[:MAX_NAME_SHOWN]
    return f"{name} of {segment.document[:MAX_NAME_SHOWN]}" if segment.document else name


def record_scores(entry: Entry, result: evaluator.ScoringResult, *, owner: str) -> None:
    """Keep scores and statistics and finish the entry; the board is stale from here on.

    Raises NoLongerOurs if another worker has the entry by now.
    """
    rows = build_score_rows(entry, result)
    with transaction.atomic():
        if not work.finish(entry, to=EntryState.SCORED, owner=owner):
            raise work.NoLongerOurs
        Score.objects.bulk_create(rows)
        if not is_hidden_copy(entry):
            _make_primary_if_wanted(entry)
        touch_board(entry.test_set_id)


def is_hidden_copy(entry: Entry) -> bool:
    """Return whether it was adopted and its version is not public: its original decides."""
    return entry.adopted_from_id is not None and entry.test_set.state == State.DRAFT


def build_score_rows(entry: Entry, result: evaluator.ScoringResult) -> list[Score]:
    """Store the statistics and return the rows that name them; the caller saves the rows."""
    buffer = BytesIO()
    evaluator.save_statistics(result, buffer)
    statistics = storage.put(buffer, max_bytes=MAX_STATISTICS_BYTES)
    return [
        Score(
            entry=entry,
            metric=score.metric,
            value=score.value,
            signature=score.signature,
            details=dict(score.details),
            statistics=statistics,
        )
        for score in result.scores
    ]


def _make_primary_if_wanted(entry: Entry) -> None:
    """Make the entry primary if that was asked for at upload, and is not outdated.

    Only an entry that is scored replaces the primary: a failed entry costs a team nothing.
    """
    submission = entry.submission
    if submission is None or not submission.wants_primary:
        return
    lock_primaries(submission.team_id)
    # The row is locked by its move to "scored": a withdrawal or an exclusion waits for us.
    if not Entry.objects.filter(pk=entry.pk, withdrawn_at=None, excluded_at=None).exists():
        return
    if is_outdated(submission, entry.test_set_id):
        return
    end_primary(entry)
    Entry.objects.filter(pk=entry.pk).update(is_primary=True)
    kind = ChangeKind.MADE_PRIMARY
    work.record_note(entry, kind=kind, reason="made primary, as asked for at upload")
