"""Whose entry is scored next: by team in turn, the oldest of a team first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Team
from submissions import work
from submissions.models import Entry, Submission, Turn
from submissions.pipeline.tasks import check, claim_next, score
from submissions.states import EntryState, SubmissionState

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_waiting(make_bare_test_set, alice, stored_file):
    """Make entries that wait, of teams by their letters, oldest first: "AAB"; "-" is nobody's."""
    test_set = make_bare_test_set()
    teams = {}

    def make(letters):
        for letter in letters:
            if letter == "-":
                system = f"reference {Entry.objects.count()}"
                columns = {"kind": "oracle", "system": system}
            else:
                if letter not in teams:
                    teams[letter] = Team.objects.create(name=letter, slug=letter.lower())
                submission = Submission.objects.create(
                    team=teams[letter], member=alice, phase=test_set.phase, system=letter
                )
                columns = {"submission": submission, "team": teams[letter], "system": letter}
            Entry.objects.create(test_set=test_set, hypotheses=stored_file, **columns)

    return make


def letter(entry):
    return entry.team.name if entry.team else "-"


def take(number):
    """Claim so many entries, each as a worker that finishes it before the next is claimed."""
    taken = []
    for _ in range(number):
        entry = claim_next(Entry.objects.all(), owner="worker")
        if entry is None:
            break
        assert work.finish(entry, to=EntryState.SCORED, owner="worker")
        taken.append(entry)
    return taken


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        ("A", "A"),
        ("AAAB", "ABAA"),
        ("AABBB", "ABABB"),
        ("BAACB", "BACBA"),
        ("--A-B", "-AB--"),  # reference points wait as a team would
        ("ABCDE", "ABCDE"),
    ],
)
def test_teams_take_turns_and_of_a_team_the_oldest_is_first(make_waiting, waiting, order):
    make_waiting(waiting)

    taken = take(len(waiting) + 1)

    assert "".join(map(letter, taken)) == order
    for name in set(waiting):
        keys = [entry.pk for entry in taken if letter(entry) == name]
        assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("waiting", "order"), [("AAAB", "ABAA"), ("ABBBA", "ABAB"), ("CCABB", "CABCB")]
)
def test_files_are_checked_in_turn_too(make_waiting, waiting, order):
    make_waiting(waiting)
    files = Submission.objects.filter(kind=Submission.Kind.OUTPUTS)
    taken = []
    for _ in order:
        submission = claim_next(files, owner="worker")
        assert work.finish(submission, to=SubmissionState.ACCEPTED, owner="worker")
        taken.append(submission)

    assert "".join(submission.team.name for submission in taken) == order


def test_a_check_of_files_takes_no_image(make_submission):
    image, submission = make_submission(kind=Submission.Kind.IMAGE), make_submission()

    check.apply(args=[image.pk], task_id="task-1")

    image.refresh_from_db()
    submission.refresh_from_db()
    assert (image.state, image.attempts) == (SubmissionState.CHECKING, 0)
    assert submission.state == SubmissionState.ACCEPTED


@pytest.mark.parametrize(("files", "workers"), [(250, 1), (60, 2), (30, 4)])
def test_a_team_with_many_files_delays_another_by_an_entry_for_each_worker(
    make_waiting, files, workers
):
    make_waiting("A" * files)
    busy = [claim_next(Entry.objects.all(), owner=f"worker {number}") for number in range(workers)]
    make_waiting("B")

    first_free = claim_next(Entry.objects.all(), owner=f"worker {workers}")

    assert "".join(map(letter, busy)) == "A" * workers
    assert letter(first_free) == "B"


def test_a_team_that_comes_back_is_not_before_those_who_waited(make_waiting):
    make_waiting("ABCABC")
    take(4)  # A B C A
    make_waiting("AD")

    assert "".join(map(letter, take(9))) == "DBCA"


def test_messages_that_are_lost_or_come_twice_change_nothing(make_scored_entry, make_entry):
    make_scored_entry(system="Old")
    entries = [make_entry(system=f"System {number}") for number in range(4)]

    for name in ("1", "1", "1", "2"):  # of the messages about the others none has arrived
        score.apply(args=[entries[-1].pk], task_id=name)

    states = [Entry.objects.get(pk=entry.pk).state for entry in entries]
    assert states == [EntryState.SCORED] * 4
    changes = [entry.changes.count() for entry in entries]
    attempts = Entry.objects.values_list("attempts", flat=True)
    assert (changes, set(attempts)) == ([2] * 4, {1})
    score.apply(args=[entries[0].pk], task_id="5")
    assert [entry.changes.count() for entry in entries] == changes


@pytest.mark.parametrize("of", ["its own message", "another message"])
def test_a_redelivered_task_takes_its_own_entry_again(make_waiting, of):
    make_waiting("AAB")
    first = claim_next(Entry.objects.all(), owner="task-1")
    claim_next(Entry.objects.all(), owner="task-2" if of == "another message" else "task-1")

    again = claim_next(Entry.objects.all(), owner="task-1")

    assert again.pk == first.pk
    assert again.attempts == (2 if of == "another message" else 3)


def test_an_owner_whose_attempts_are_used_up_takes_no_other_entry_and_ends_its_own(make_entry):
    entry, other = make_entry(system="kills workers"), make_entry(system="waits")
    claim = {"claimed_by": "task-1", "claimed_at": timezone.now(), "attempts": work.MAX_ATTEMPTS}
    Entry.objects.filter(pk=entry.pk).update(**claim)

    score.apply(args=[other.pk], task_id="task-1")

    states = dict(Entry.objects.values_list("pk", "state"))
    assert states == {entry.pk: EntryState.FAILED, other.pk: EntryState.SCORING}


@pytest.mark.parametrize("how", [work.release, work.put_back])
def test_after_a_failure_others_are_first_until_the_pause_is_over(make_waiting, how):
    make_waiting("AAB")
    failed = claim_next(Entry.objects.all(), owner="task-1")
    how(failed, owner="task-1")

    assert "".join(map(letter, take(9))) == "BA"
    failed.refresh_from_db()
    assert failed.next_try_at == failed.announce_next_at > timezone.now()
    Entry.objects.filter(pk=failed.pk).update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert take(1) == [failed]


@pytest.mark.parametrize(
    "columns",
    [
        {"state": EntryState.FAILED},
        {"state": EntryState.CANCELLED, "claimed_by": "worker"},
        {"claimed_by": "another worker"},
        {"attempts": work.MAX_ATTEMPTS},
        {"next_try_at": timezone.now() + timedelta(hours=1)},
    ],
)
def test_what_is_not_to_be_scored_now_is_not_taken(make_waiting, columns):
    make_waiting("AB")
    Entry.objects.filter(team__name="A").update(**columns)

    assert "".join(map(letter, take(9))) == "B"
    assert list(Turn.objects.values_list("team", flat=True)) == [Team.objects.get(name="B").pk]


def test_a_claim_takes_the_same_number_of_queries_for_many_entries(
    make_waiting, django_assert_num_queries
):
    make_waiting("ABC" * 20)
    take(3)  # a team's first turn takes a query more

    with django_assert_num_queries(6):  # two of them are the savepoint of the test
        assert claim_next(Entry.objects.all(), owner="worker")
