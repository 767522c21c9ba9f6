"""The task that scores an entry."""

from __future__ import annotations

from io import BytesIO

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

import evaluator
from files import storage
from submissions import work
from submissions.models import Entry, Score
from submissions.pipeline import scoring
from submissions.pipeline.sweeper import sweep
from submissions.pipeline.tasks import score
from submissions.states import EntryState
from tests.integration.samples import FAIR, PERFECT, POOR, REFERENCE, SOURCE, count_scores

pytestmark = pytest.mark.django_db


def deliver(entry, *, task_id="task-1"):
    Entry.objects.filter(pk=entry.pk).update(next_try_at=None)  # the pause after a failure is over
    result = score.apply(args=[entry.pk], task_id=task_id)
    entry.refresh_from_db()
    return result


def scored_by_evaluator(texts):
    test_set = evaluator.read_test_set(
        source=BytesIO(SOURCE.encode()),
        references=[BytesIO(REFERENCE.encode())],
        source_language="en",
        target_language="fr",
    )
    return evaluator.score(test_set, evaluator.Hypotheses(texts), lemmatiser="identity")


@pytest.mark.parametrize("texts", [PERFECT, FAIR, POOR])
def test_the_scores_are_the_evaluators_to_the_last_digit(make_entry, texts):
    entry = make_entry(texts)

    deliver(entry)

    expected = scored_by_evaluator(texts)
    kept = entry.scores.values_list("metric", "value", "signature")
    assert entry.state == EntryState.SCORED
    assert list(kept) == [(s.metric, s.value, s.signature) for s in expected.scores]
    assert [dict(s.details) for s in expected.scores] == [s.details for s in entry.scores.all()]


def test_it_keeps_the_statistics(make_entry):
    entry = make_entry(FAIR)

    deliver(entry)

    [file] = {score.statistics for score in entry.scores.all()}
    with storage.open_file(file) as stream:
        kept = evaluator.load_statistics(stream)
    expected = scored_by_evaluator(FAIR).statistics
    assert kept.keys() == expected.keys()
    assert all((kept[name] == rows).all() for name, rows in expected.items())


def test_it_makes_the_board_stale_and_announces_it(make_entry, messages, test_set):
    entry = make_entry()

    with messages() as sent:
        deliver(entry)

    test_set.refresh_from_db()
    assert test_set.results_version == 1
    assert test_set.ranked_version == 0
    assert sent == [("leaderboard.rank", test_set.pk)]
    assert list(entry.changes.values_list("old", "new")) == [("", "scoring"), ("scoring", "scored")]


def test_three_deliveries_score_once(make_entry, test_set):
    entry = make_entry()

    for task_id in ("task-1", "task-1", "task-2"):
        deliver(entry, task_id=task_id)

    test_set.refresh_from_db()
    assert entry.state == EntryState.SCORED
    assert entry.attempts == 1
    assert (
        entry.scores.count()
        == len(set(entry.scores.values_list("metric", flat=True)))
        == count_scores()
    )
    assert entry.changes.count() == 2
    assert test_set.results_version == 1


def test_it_resumes_after_a_worker_was_killed(make_entry):
    columns = {"claimed_by": "task-1", "claimed_at": timezone.now(), "attempts": 1}
    entry = make_entry(columns=columns)

    deliver(entry, task_id="task-1")

    assert entry.state == EntryState.SCORED


def test_it_leaves_another_owner_alone(make_entry):
    columns = {"claimed_by": "task-1", "claimed_at": timezone.now(), "attempts": 1}
    entry = make_entry(columns=columns)

    deliver(entry, task_id="task-2")

    assert entry.state == EntryState.SCORING
    assert (entry.claimed_by, entry.attempts) == ("task-1", 1)
    assert not entry.scores.exists()


def test_what_was_lost_to_another_worker_is_not_recorded(make_entry, test_set):
    entry = make_entry()
    claimed = work.claim(Entry, entry.pk, owner="task-1")
    result = scoring.evaluate(claimed)
    Entry.objects.filter(pk=entry.pk).update(claimed_by="task-2")

    with pytest.raises(work.NoLongerOurs):
        scoring.record_scores(claimed, result, owner="task-1")

    entry.refresh_from_db()
    test_set.refresh_from_db()
    assert (entry.state, entry.claimed_by) == (EntryState.SCORING, "task-2")
    assert not entry.scores.exists()
    assert entry.changes.count() == 1
    assert test_set.results_version == 0


def test_a_task_that_lost_its_claim_ends_quietly(make_entry, monkeypatch):
    entry = make_entry()
    evaluate = scoring.evaluate

    def evaluate_too_slowly(claimed):
        Entry.objects.filter(pk=claimed.pk).update(claimed_by="task-2")
        return evaluate(claimed)

    monkeypatch.setattr(scoring, "evaluate", evaluate_too_slowly)
    result = deliver(entry, task_id="task-1")

    assert result.state == "SUCCESS"
    assert (entry.state, entry.claimed_by) == (EntryState.SCORING, "task-2")
    assert not entry.scores.exists()


REASON_LACK = (
    "Our side failed. For its operators: a tokeniser is missing. That was the last of 3 attempts. "
    "You can send it again."
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError(), work.REASON_GAVE_UP),
        (OSError("no space left"), work.REASON_GAVE_UP),
        (SoftTimeLimitExceeded(), work.REASON_GAVE_UP),
        (evaluator.InfrastructureError("a tokeniser is missing"), REASON_LACK),
    ],
)
def test_what_goes_wrong_on_our_side_is_tried_again_and_then_explained(
    make_entry, monkeypatch, error, reason
):
    entry = make_entry()

    def fail(_):
        raise error

    monkeypatch.setattr(scoring, "evaluate", fail)

    for attempt in range(1, 4):
        assert deliver(entry, task_id=f"task-{attempt}").state == "FAILURE"
        assert (entry.state, entry.claimed_by) == (EntryState.SCORING, "")
        assert entry.attempts == attempt
    sweep()

    entry.refresh_from_db()
    assert entry.state == EntryState.FAILED
    assert entry.reason == reason
    assert entry.changes.last().reason == reason


def test_a_storage_that_is_away_is_our_fault(make_entry):
    entry = make_entry()
    default_storage.delete(entry.hypotheses.key)

    result = deliver(entry)

    assert isinstance(result.result, FileNotFoundError)
    assert (entry.state, entry.claimed_by) == (EntryState.SCORING, "")


def test_the_fourth_claim_fails_the_entry(make_entry):
    columns = {"claimed_by": "task-1", "claimed_at": timezone.now(), "attempts": 3}
    entry = make_entry(columns=columns)

    deliver(entry, task_id="task-1")

    assert entry.state == EntryState.FAILED
    assert entry.reason == work.REASON_GAVE_UP
    assert not entry.scores.exists()


def test_the_fourth_claim_by_a_stranger_leaves_the_third_at_work(make_entry):
    columns = {"claimed_by": "task-3", "claimed_at": timezone.now(), "attempts": 3}
    entry = make_entry(columns=columns)

    deliver(entry, task_id="task-4")

    assert (entry.state, entry.claimed_by) == (EntryState.SCORING, "task-3")


@pytest.mark.parametrize("state", [EntryState.SCORED, EntryState.FAILED])
def test_a_final_entry_stays_as_it_is(make_entry, state):
    entry = make_entry(columns={"state": state})

    deliver(entry)

    assert (entry.state, entry.attempts) == (state, 0)
    assert not entry.scores.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_the_database_refuses_what_is_no_number(make_entry, value):
    entry = make_entry()

    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.create(entry=entry, metric="bleu", value=value, signature="any")

    assert not entry.scores.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_no_number_finishes_nothing(make_entry, value):
    entry = make_entry()
    claimed = work.claim(Entry, entry.pk, owner="task-1")
    result = evaluator.ScoringResult((evaluator.Score("bleu", value, "any", {}),), {})

    with pytest.raises(IntegrityError):
        scoring.record_scores(claimed, result, owner="task-1")

    entry.refresh_from_db()
    assert entry.state == EntryState.SCORING
    assert not entry.scores.exists()


def test_a_scored_primary_ends_the_old_one(make_scored_entry):
    old = make_scored_entry(wants_primary=True)

    new = make_scored_entry(system="new", wants_primary=True)

    old.refresh_from_db()
    assert (old.is_primary, new.is_primary) == (False, True)


def test_an_earlier_upload_that_is_scored_late_takes_no_primary(make_entry, make_scored_entry):
    late = make_entry(system="late", wants_primary=True)
    new = make_scored_entry(system="new", wants_primary=True)

    score.apply(args=[late.pk], task_id="late")

    late.refresh_from_db()
    new.refresh_from_db()
    assert late.state == EntryState.SCORED
    assert (late.is_primary, new.is_primary) == (False, True)
