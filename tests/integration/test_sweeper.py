"""The sweeper: nothing may ever be stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest
from amqp.exceptions import AccessRefused, PreconditionFailed
from django.conf import settings as django_settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from submissions import work
from submissions.models import Entry, Submission
from submissions.pipeline.sweeper import Swept, sweep
from submissions.states import EntryState, SubmissionState

pytestmark = pytest.mark.django_db

IDLE_QUERIES = 3  # is a row of a kind being worked on?
BUSY_QUERIES = IDLE_QUERIES + 4  # and the four questions about submissions


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def seconds_until(instant):
    return (instant - timezone.now()).total_seconds()


@pytest.fixture(autouse=True)
def _usual_times(settings):
    settings.SWEEP_INTERVAL = 15.0
    settings.CHECKING_DWELL = settings.SCORING_DWELL = 600.0


def test_a_lost_message_is_sent_again(make_submission, messages):
    submission = make_submission(announce_next_at=ago(1))

    with messages() as sent:
        swept = sweep()

    assert swept == Swept(announced=1)
    assert sent == [("submissions.check", submission.pk)]


def test_a_lost_message_about_an_entry_is_sent_again(make_entry, messages):
    entry = make_entry(columns={"announce_next_at": ago(1)})

    with messages() as sent:
        swept = sweep()

    assert swept == Swept(announced=1)
    assert sent == [("submissions.score", entry.pk)]


def test_a_message_has_one_interval_to_arrive(make_submission, messages):
    submission = make_submission()

    with messages() as sent:
        swept = sweep()

    assert swept == Swept()
    assert sent == []
    assert seconds_until(submission.announce_next_at) == pytest.approx(15, abs=5)


@pytest.mark.parametrize(
    ("announcements", "seconds"),
    [(0, 15), (1, 15), (2, 30), (3, 60), (4, 120), (6, 480), (7, 600), (11, 600), (10**9, 600)],
)
def test_the_pause_doubles_up_to_ten_minutes(announcements, seconds):
    assert work.compute_pause(announcements) == timedelta(seconds=seconds)


def test_each_announcement_waits_twice_as_long_as_the_one_before(make_submission):
    submission = make_submission()
    pauses = []

    for _ in range(3):
        Submission.objects.filter(pk=submission.pk).update(announce_next_at=ago(0))
        sweep()
        submission.refresh_from_db()
        pauses.append(seconds_until(submission.announce_next_at))

    assert pauses == pytest.approx([30, 60, 120], abs=5)
    assert submission.announcements == 4  # the first was the upload's own


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 15), (2, 120), (3, 0)])
def test_a_failed_attempt_is_repeated_ever_later(make_submission, attempts, seconds):
    submission = make_submission(claimed_by="task-1", claimed_at=ago(0), attempts=attempts)

    work.release(submission, owner="task-1")

    submission.refresh_from_db()
    assert seconds_until(submission.announce_next_at) == pytest.approx(seconds, abs=5)


def test_an_overdue_claim_is_taken_away_and_announced(make_entry, messages):
    columns = {"claimed_by": "task-1", "claimed_at": ago(601), "attempts": 1}
    entry = make_entry(columns=columns)

    with messages() as sent:
        swept = sweep()

    entry.refresh_from_db()
    assert swept == Swept(released=1, announced=1)
    assert (entry.state, entry.claimed_by, entry.claimed_at) == (EntryState.SCORING, "", None)
    assert sent == [("submissions.score", entry.pk)]


def test_what_was_tried_enough_fails_with_a_reason(make_entry, messages):
    columns = {"claimed_by": "task-3", "claimed_at": ago(601), "attempts": 3}
    entry = make_entry(columns=columns)

    with messages() as sent:
        swept = sweep()

    entry.refresh_from_db()
    assert swept == Swept(released=1, failed=1)
    assert (entry.state, entry.reason) == (EntryState.FAILED, work.REASON_GAVE_UP)
    assert list(entry.changes.values_list("new", "reason"))[-1] == ("failed", work.REASON_GAVE_UP)
    assert sent == []


def test_a_fresh_claim_is_left_alone(make_submission, messages):
    submission = make_submission(
        claimed_by="task-1", claimed_at=ago(590), attempts=3, announce_next_at=ago(3600)
    )

    with messages() as sent:
        swept = sweep()

    submission.refresh_from_db()
    assert swept == Swept()
    assert submission.claimed_by == "task-1"
    assert sent == []


@pytest.mark.parametrize("state", sorted(set(SubmissionState.values) - {"checking"}))
def test_what_is_final_stays_so(make_submission, state, messages):
    submission = make_submission(state=state, announce_next_at=ago(3600), attempts=3)

    with messages() as sent:
        swept = sweep()

    submission.refresh_from_db()
    assert swept == Swept()
    assert submission.state == state
    assert sent == []


def test_nothing_to_do_is_nothing_done(make_scored_entry, messages, django_assert_num_queries):
    make_scored_entry()

    with messages() as sent, django_assert_num_queries(IDLE_QUERIES):
        swept = sweep()

    assert swept == Swept()
    assert sent == []


def test_each_row_costs_one_query_more(make_submission, messages, django_assert_num_queries):
    for number in range(4):
        make_submission(system=f"System {number}", announce_next_at=ago(1))

    with messages() as sent, django_assert_num_queries(BUSY_QUERIES + 4):
        sweep()

    assert len(sent) == 4


def test_one_sweep_takes_a_limited_number_of_rows(make_submission, monkeypatch):
    monkeypatch.setattr("submissions.pipeline.sweeper.ROWS_AT_MOST", 2)
    oldest_last = [make_submission(announce_next_at=ago(n)) for n in (1, 2, 3)]

    first, second = sweep(), sweep()

    assert (first, second) == (Swept(announced=2), Swept(announced=1))
    newest = oldest_last[0]
    newest.refresh_from_db()
    assert newest.announcements == 2


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),  # away
        OperationalError("OOM command not allowed when used memory > 'maxmemory'."),
        OperationalError("You can't write against a read only replica."),
        OperationalError("LOADING Redis is loading the dataset in memory"),
        PreconditionFailed("delivery acknowledgement on channel 1 timed out"),
        AccessRefused("the user may not write"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_a_broker_that_takes_nothing_loses_nothing(make_submission, monkeypatch, messages, error):
    first = make_submission(announce_next_at=ago(2))
    second = make_submission(system="second", announce_next_at=ago(1))
    tries = []

    def refuse(*arguments, **_):
        tries.append(arguments)
        raise error

    monkeypatch.setattr(work.current_app, "send_task", refuse)
    with messages():
        assert sweep() == Swept()
    monkeypatch.undo()
    assert len(tries) == 1  # of each row in vain would be long

    with messages() as sent:  # it needs no pause: nothing was announced
        assert sweep() == Swept(announced=2)
    assert sent == [("submissions.check", first.pk), ("submissions.check", second.pk)]


def test_the_dwell_times_are_those_of_the_operators_guide():
    # docs/operators.md; conftest's settings are those of a clone without any variable set.
    assert (django_settings.CHECKING_DWELL, django_settings.SCORING_DWELL) == (600, 600)
    assert work.MAX_ATTEMPTS == 3


def test_an_entry_and_its_submission_are_swept_apart(make_entry, messages):
    entry = make_entry(columns={"announce_next_at": ago(1)})
    Submission.objects.update(announce_next_at=ago(3600))

    with messages() as sent:
        sweep()

    assert sent == [("submissions.score", entry.pk)]
    assert Entry.objects.get().announcements == 2


def test_a_broker_that_is_down_keeps_no_row_from_its_end(make_submission, messages, monkeypatch):
    waiting = make_submission(system="waits", announce_next_at=ago(1))
    exhausted = make_submission(system="ends", announce_next_at=ago(1), attempts=3)
    monkeypatch.setattr(work, "is_broker_up", lambda: False)

    with messages() as sent:
        swept = sweep()

    waiting.refresh_from_db()
    exhausted.refresh_from_db()
    assert swept == Swept(failed=1)
    assert sent == []
    assert waiting.announcements == 1  # it is announced as soon as the broker is back
    assert exhausted.state == "failed"
