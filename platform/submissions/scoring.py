"""From an entry's hypotheses to its scores."""

from __future__ import annotations

from io import BytesIO

from django.db import transaction

import evaluator
from accounts.models import Team
from evaluator.baselines import candidates
from files import storage
from sharedtasks import testsets
from submissions import hypotheses, work
from submissions.boards import touch_board
from submissions.models import Entry, Score, Submission
from submissions.states import EntryState

MAX_STATISTICS_BYTES = 256 * 1024 * 1024


def evaluate(entry: Entry) -> evaluator.ScoringResult:
    """Compute every metric that the entry's test set has; reads files, writes nothing."""
    test_set = testsets.read(entry.test_set)
    if entry.kind == Entry.Kind.ORACLE:  # a reference is not scored against itself
        test_set = next(one.against for one in candidates(test_set) if one.name == entry.system)
    texts = hypotheses.load(entry.hypotheses)
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
        Entry.objects.filter(pk=entry.pk).update(
            statistics=statistics, is_primary=_becomes_primary(entry)
        )
        touch_board(entry.test_set_id)


def _becomes_primary(entry: Entry) -> bool:
    if entry.submission is None or not entry.submission.wants_primary:
        return False
    # The row is locked by its move to "scored": who withdraws it waits for us.
    if Entry.objects.filter(pk=entry.pk, withdrawn_at__isnull=False).exists():
        return False
    return _end_primary(entry, entry.submission)


def _end_primary(entry: Entry, submission: Submission) -> bool:
    """Make the team's primary contrastive, unless it was uploaded later than this submission.

    Only an entry that has been scored takes its place: one that fails costs a team nothing.
    """
    # The lock: two submissions of one team that both want to be primary take turns.
    Team.objects.select_for_update().get(pk=submission.team_id)
    primary = Entry.objects.filter(
        team=submission.team_id, test_set=entry.test_set_id, is_primary=True
    )
    if primary.filter(submission__created_at__gt=submission.created_at).exists():
        return False
    primary.update(is_primary=False)
    return True
