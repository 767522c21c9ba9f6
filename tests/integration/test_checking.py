"""The task that checks a submission."""

from __future__ import annotations

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage
from django.utils import timezone

from evaluator.checking import intake
from submissions import hypotheses, work
from submissions.models import Entry, Submission
from submissions.pipeline.sweeper import sweep
from submissions.pipeline.tasks import check
from submissions.states import EntryState, SubmissionState
from tests.integration.samples import PERFECT, as_sgml, as_text

pytestmark = pytest.mark.django_db


def deliver(submission, *, task_id="task-1"):
    rows = Submission.objects.filter(pk=submission.pk)
    rows.update(next_try_at=None)  # the pause after a failure is over
    result = check.apply(args=[submission.pk], task_id=task_id)
    submission.refresh_from_db()
    return result


def test_it_accepts_and_makes_the_entry(make_submission, messages):
    submission = make_submission(system="Marian", wants_primary=True)

    with messages() as sent:
        deliver(submission)

    entry = submission.entries.get()
    assert submission.state == SubmissionState.ACCEPTED
    assert submission.claimed_by == ""
    assert not submission.problems.exists()
    assert (entry.state, entry.system, entry.is_primary) == (EntryState.SCORING, "Marian", False)
    assert (entry.team, entry.test_set) == (submission.team, submission.test_set)
    assert hypotheses.load(entry).texts == PERFECT
    assert sent == [("submissions.score", entry.pk)]


def test_it_writes_every_move_into_the_timeline(make_submission, alice):
    submission = make_submission()

    deliver(submission)

    moves = submission.changes.values_list("old", "new", "actor")
    assert list(moves) == [("", "checking", alice.pk), ("checking", "accepted", None)]
    births = submission.entries.get().changes.values_list("old", "new")
    assert list(births) == [("", "scoring")]


@pytest.mark.parametrize("write", [as_text, as_sgml])
def test_it_reads_each_format_to_the_same_hypotheses(make_submission, write):
    submission = make_submission(write(PERFECT))

    deliver(submission)

    assert hypotheses.load(submission.entries.get()).texts == PERFECT


def test_texts_come_back_as_they_were_sent(make_submission):
    # Line separators of other worlds, a quote, a backslash, more than one chunk of the storage.
    texts = ("a\u2028b\x85c\x0bd", 'e "f" \\n \\u0041', "été\tg" * 10, "𝄞" * 5_000)
    submission = make_submission(as_text(texts))

    deliver(submission)

    assert hypotheses.load(submission.entries.get()).texts == texts


def test_it_names_every_problem_with_its_line_and_segment(make_submission):
    wrong = as_sgml(PERFECT).replace(b'<seg id="2">', b'<seg id="9">')
    submission = make_submission(wrong, file_name="wrong.sgm")

    deliver(submission)

    assert submission.state == SubmissionState.REFUSED
    assert submission.reason == "4 problems found; nothing was scored."
    assert submission.problems_total == 4
    problems = list(submission.problems.values_list("line", "segment", "severity", "file"))
    assert problems[:2] == [(4, "9", "error", "wrong.sgm"), (8, "9", "error", "wrong.sgm")]
    assert [segment for _, segment, _, _ in problems[2:]] == ["2", "2"]  # the missing ones
    assert not Entry.objects.exists()
    assert submission.changes.last().new == "refused"


def test_one_problem_is_counted_in_the_singular(make_submission):
    submission = make_submission(as_text(PERFECT[:3]))

    deliver(submission)

    assert submission.reason == "1 problem found; nothing was scored."
    assert submission.problems.get().line == 3


def test_it_keeps_the_first_thousand_problems_and_counts_all(make_submission):
    submission = make_submission(b'{"id": "1"}\n' * 1500)

    deliver(submission)

    assert submission.problems.count() == 1000
    assert submission.problems_total == 1500 + 2  # and the segments with another id


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe" + "a\n".encode("utf-16-le") * 4,
        b"PK\x03\x04" + b"\0" * 100,
        b"a\0b\nb\nc\nd\n",
        b'{"id": "\\u0000", "translation": "a"}\n',  # PostgreSQL takes no NUL
        b'{"id": "1", "doc": "\\u0000", "translation": "a"}\n',
        b'{"id": "\\ud800", "translation": "a"}\n',  # … and no half surrogate pair
        b'{"\\ud800": 1, "\\ud800": 2, "id": "1", "translation": "a"}\n',
        b'{"\\u0000": 1, "\\u0000": 2, "id": "1", "translation": "a"}\n',
        b'<tstset><doc docid="\x01"><seg id="' + b"x" * 5000 + b'">a</seg></doc></tstset>',
        b'<tstset><doc docid="d"><seg id="&#0;">a</seg></doc></tstset>',
    ],
)
def test_a_hostile_file_is_refused_and_never_our_failure(make_submission, content):
    submission = make_submission(content)

    result = deliver(submission)

    assert result.state == "SUCCESS"
    assert submission.state == SubmissionState.REFUSED
    assert submission.problems.exists()


def test_an_empty_hypothesis_is_a_warning(make_submission):
    submission = make_submission(as_text((*PERFECT[:3], "")))

    deliver(submission)

    problem = submission.problems.get()
    assert submission.state == SubmissionState.ACCEPTED
    assert (problem.severity, problem.line, problem.segment) == ("warning", 4, "2")
    assert submission.problems_total == 1


def test_three_deliveries_make_one_entry(make_submission):
    submission = make_submission()

    for task_id in ("task-1", "task-1", "task-2"):
        deliver(submission, task_id=task_id)

    assert submission.state == SubmissionState.ACCEPTED
    assert submission.attempts == 1
    assert submission.entries.count() == 1
    assert submission.changes.count() == 2


def test_three_deliveries_list_the_problems_once(make_submission):
    submission = make_submission(as_text(PERFECT[:3]))

    for _ in range(3):
        deliver(submission)

    assert submission.problems.count() == 1


def test_it_resumes_after_a_worker_was_killed(make_submission):
    submission = make_submission(claimed_by="task-1", claimed_at=timezone.now(), attempts=1)

    deliver(submission, task_id="task-1")

    assert submission.state == SubmissionState.ACCEPTED
    assert submission.attempts == 2


def test_it_leaves_another_owner_alone(make_submission):
    submission = make_submission(claimed_by="task-1", claimed_at=timezone.now(), attempts=1)

    deliver(submission, task_id="task-2")

    assert submission.state == SubmissionState.CHECKING
    assert (submission.claimed_by, submission.attempts) == ("task-1", 1)
    assert not Entry.objects.exists()


def test_a_worker_that_lost_its_claim_writes_nothing(make_submission, monkeypatch):
    submission = make_submission()
    align = intake.align

    def align_too_slowly(file, test_set):
        type(submission).objects.filter(pk=submission.pk).update(claimed_by="task-2")
        return align(file, test_set)

    monkeypatch.setattr(intake, "align", align_too_slowly)
    result = deliver(submission, task_id="task-1")

    assert result.state == "SUCCESS"
    assert (submission.state, submission.claimed_by) == (SubmissionState.CHECKING, "task-2")
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), OSError("no space left"), SoftTimeLimitExceeded()]
)
def test_what_goes_wrong_on_our_side_is_tried_again_and_then_explained(
    make_submission, monkeypatch, error
):
    submission = make_submission()

    def fail(*_):
        raise error

    monkeypatch.setattr(intake, "align", fail)

    for attempt in range(1, 4):
        assert deliver(submission, task_id=f"task-{attempt}").state == "FAILURE"
        assert (submission.state, submission.claimed_by) == (SubmissionState.CHECKING, "")
        assert submission.attempts == attempt
    sweep()

    submission.refresh_from_db()
    assert submission.state == SubmissionState.FAILED
    assert submission.reason == work.REASON_GAVE_UP
    assert submission.changes.last().reason == work.REASON_GAVE_UP
    assert not submission.entries.exists()


def test_a_storage_that_is_away_is_our_fault(make_submission):
    submission = make_submission()
    default_storage.delete(submission.files.get().file.key)

    result = deliver(submission)

    assert isinstance(result.result, FileNotFoundError)
    assert (submission.state, submission.claimed_by) == (SubmissionState.CHECKING, "")


def test_a_worker_that_is_told_to_stop_gives_its_claim_back(make_submission, monkeypatch):
    submission = make_submission()

    def stop(*_):
        raise SystemExit

    monkeypatch.setattr(intake, "align", stop)
    with pytest.raises(SystemExit):
        deliver(submission)

    submission.refresh_from_db()
    assert (submission.state, submission.claimed_by) == (SubmissionState.CHECKING, "")


def test_it_recovers_when_the_second_attempt_succeeds(make_submission, monkeypatch):
    submission = make_submission()
    align = intake.align

    def fail(*_):
        raise OSError

    monkeypatch.setattr(intake, "align", fail)
    deliver(submission, task_id="task-1")
    monkeypatch.setattr(intake, "align", align)
    deliver(submission, task_id="task-2")

    assert submission.state == SubmissionState.ACCEPTED
    assert submission.attempts == 2


def test_the_fourth_claim_fails_the_submission(make_submission):
    submission = make_submission(claimed_by="task-1", claimed_at=timezone.now(), attempts=3)

    deliver(submission, task_id="task-1")

    assert submission.state == SubmissionState.FAILED
    assert submission.reason == work.REASON_GAVE_UP


def test_a_new_primary_waits_for_its_scores(make_submission, make_scored_entry):
    # Until then, and if it fails, the team keeps the one it is ranked with.
    old = make_scored_entry(wants_primary=True)
    submission = make_submission(wants_primary=True)

    deliver(submission)

    old.refresh_from_db()
    assert old.is_primary
    assert not submission.entries.get().is_primary


def test_a_refused_primary_ends_nothing(make_submission, make_scored_entry):
    old = make_scored_entry(wants_primary=True)
    submission = make_submission(b"too\nshort\n", wants_primary=True)

    deliver(submission)

    old.refresh_from_db()
    assert old.is_primary


def test_the_same_hypotheses_again_are_accepted_with_a_warning(make_submission, make_entry):
    make_entry(system="First")
    again = make_submission(system="Second")

    deliver(again)

    assert again.state == SubmissionState.ACCEPTED
    assert any("the hypotheses of First for en-fr" in p.message for p in again.problems.all())
