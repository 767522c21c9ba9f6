"""From an entry's hypotheses to its scores."""

from __future__ import annotations

from io import BytesIO

from django.db import transaction

import evaluator
from evaluator.baselines import candidates
from files import storage
from sharedtasks import testsets
from submissions import hypotheses, work
from submissions.boards import touch_board
from submissions.models import Entry, Score
from submissions.primaries import end_primary, is_outdated, lock_primaries
from submissions.states import EntryState

MAX_STATISTICS_BYTES = 256 * 1024 * 1024


def evaluate(entry: Entry) -> evaluator.ScoringResult:
    """Compute every metric that the entry's test set has; reads files, writes nothing."""
    test_set = testsets.read(entry.test_set)
    if entry.kind == Entry.Kind.ORACLE:  # a reference is not scored against itself
        test_set = next(one.against for one in candidates(test_set) if one.name == entry.system)
    texts = hypotheses.load(entry)
    return evaluator.score(test_set, texts, lemmatiser=entry.test_set.lemmatiser)


def record_scores(entry: Entry, result: evaluator.ScoringResult, *, owner: str) -> None:
    """Keep scores and statistics and finish the entry; the board is stale from here on.

    Raises NoLongerOurs if another worker has the entry by now.
    """
    buffer = BytesIO()
    evaluator.save_statistics(result, buffer)
    statistics = storage.put(buffer, max_bytes=MAX_STATISTICS_BYTES)
    rows = [
        Score(
            entry=entry,
            metric=score.metric,
            value=score.value,
            signature=score.signature,
            details=dict(score.details),
        )
        for score in result.scores
    ]
    with transaction.atomic():
        if not work.finish(entry, to=EntryState.SCORED, owner=owner):
            raise work.NoLongerOurs
        Score.objects.bulk_create(rows)
        Entry.objects.filter(pk=entry.pk).update(statistics=statistics)
        _make_primary_if_wanted(entry)
        touch_board(entry.test_set_id)


def _make_primary_if_wanted(entry: Entry) -> None:
    """Do what was asked for at upload, unless that has been overtaken.

    Only an entry that has been scored takes its place: one that fails costs a team nothing.
    """
    submission = entry.submission
    if submission is None or not submission.wants_primary:
        return
    lock_primaries(submission.team_id)
    # The row is locked by its move to "scored": who withdraws it waits for us.
    if Entry.objects.filter(pk=entry.pk, withdrawn_at__isnull=False).exists():
        return
    if is_outdated(submission, entry.test_set_id):
        return
    end_primary(entry)
    Entry.objects.filter(pk=entry.pk).update(is_primary=True)
    work.record_note(entry, reason="made primary, as asked for at upload")
