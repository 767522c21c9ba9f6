"""Races, with real threads on PostgreSQL: whoever comes first wins, and only once."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from threading import Thread

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.signals import pre_delete
from django.utils import timezone

from files import storage
from files.models import StoredFile
from leaderboard import boards
from leaderboard.models import BoardSnapshot
from submissions import work
from submissions.models import Entry, Score, Submission
from submissions.states import EntryState, SubmissionState
from submissions.sweeper import sweep
from submissions.tasks import check, score
from tests.integration.conftest import drain
from tests.integration.samples import FAIR, PERFECT, POOR, SCORES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _on_postgresql(require_service):
    require_service("postgresql")
    assert connection.vendor == "postgresql"


def blobs():
    folders, _ = default_storage.listdir("")
    return [name for folder in folders for name in default_storage.listdir(folder)[1]]


def test_of_twenty_that_claim_one_row_one_wins(make_submission, at_once):
    submission = make_submission()

    claimed = at_once(
        20, lambda n: work.claim(Submission, submission.pk, owner=f"task-{n}") is not None
    )

    submission.refresh_from_db()
    assert sum(claimed) == 1
    assert submission.claimed_by == f"task-{claimed.index(True)}"
    assert submission.attempts == 1


def test_eight_deliveries_at_once_make_one_entry(make_submission, at_once):
    submission = make_submission()

    at_once(8, lambda n: check.apply(args=[submission.pk], task_id=f"task-{n}"))

    submission.refresh_from_db()
    assert submission.state == SubmissionState.ACCEPTED
    assert submission.entries.count() == 1
    assert submission.changes.count() == 2


@pytest.mark.parametrize(
    ("threads", "task_id"),
    [
        (3, "task-1"),  # one message again and again
        (8, "task-{}"),  # many messages
    ],
)
def test_many_deliveries_at_once_score_once(make_entry, at_once, test_set, threads, task_id):
    entry = make_entry()

    at_once(threads, lambda n: score.apply(args=[entry.pk], task_id=task_id.format(n)))

    entry.refresh_from_db()
    test_set.refresh_from_db()
    assert entry.state == EntryState.SCORED
    assert Score.objects.count() == SCORES
    assert entry.changes.count() == 2
    assert test_set.results_version == 1


def test_of_eight_builders_one_builds_the_board(make_scored_entry, at_once, test_set):
    for texts in (PERFECT, FAIR, POOR):
        make_scored_entry(texts)

    built = at_once(8, lambda _: boards.rebuild(test_set.pk))

    test_set.refresh_from_db()
    snapshot = BoardSnapshot.objects.get()
    assert sum(built) == 1
    assert test_set.ranked_version == test_set.results_version == snapshot.results_version == 3
    assert len(snapshot.body["columns"]["entry"]) == 3


def test_a_board_that_is_built_while_scores_arrive_misses_none(make_entry, at_once, test_set):
    entries = [make_entry(system=f"System {n}") for n in range(6)]

    def score_and_rank(number):
        score.apply(args=[entries[number].pk], task_id=f"task-{number}")
        boards.rebuild(test_set.pk)

    at_once(6, score_and_rank)

    test_set.refresh_from_db()
    snapshot = BoardSnapshot.objects.get()
    assert test_set.ranked_version == test_set.results_version == snapshot.results_version == 6
    assert len(snapshot.body["columns"]["entry"]) == 6


def test_of_two_primaries_scored_at_once_one_stays(make_entry, at_once):
    entries = [make_entry(system=f"System {n}", wants_primary=True) for n in range(2)]

    at_once(2, lambda n: score.apply(args=[entries[n].pk], task_id=f"task-{n}"))

    assert Entry.objects.filter(state=EntryState.SCORED).count() == 2
    assert sorted(Entry.objects.values_list("is_primary", flat=True)) == [False, True]


def test_the_same_bytes_stored_at_once_are_stored_once(transactional_db, at_once):
    kept = at_once(8, lambda _: storage.put(BytesIO(b"the same bytes"), max_bytes=100))

    assert len({file.pk for file in kept}) == 1
    assert StoredFile.objects.count() == 1
    assert len(blobs()) == 1
    with storage.open_file(kept[0]) as stream:
        assert stream.read() == b"the same bytes"


def test_eight_sweepers_send_one_message(make_submission, at_once):
    submission = make_submission()
    Submission.objects.update(announce_next_at=timezone.now() - timedelta(seconds=1))
    drain()

    at_once(8, lambda _: sweep())

    submission.refresh_from_db()
    assert submission.announcements == 2
    assert drain() == [("submissions.check", submission.pk)]


def test_a_row_that_is_claimed_while_it_is_swept_keeps_its_claim(make_submission, at_once):
    submission = make_submission(
        claimed_by="old", claimed_at=timezone.now() - timedelta(hours=1), attempts=1
    )

    claimed = at_once(
        2,
        lambda n: sweep() if n else work.claim(Submission, submission.pk, owner="old") is not None,
    )

    # Before or after the sweep: a claim that was granted holds.
    submission.refresh_from_db()
    assert submission.claimed_by == ("old" if claimed[0] else "")


def test_a_file_that_is_uploaded_again_while_it_is_collected_stays(transactional_db, at_once):
    file = storage.put(BytesIO(b"sent twice"), max_bytes=100)
    StoredFile.objects.update(used_at=timezone.now() - timedelta(days=2))
    uploaded = []
    again = Thread(
        target=lambda: uploaded.extend(
            at_once(1, lambda _: storage.put(BytesIO(b"sent twice"), max_bytes=99))
        )
    )

    def upload(**_):
        again.start()
        again.join(0.5)  # seconds; it may have to wait for the collector

    # Between the collector's look and its DELETE, on another connection.
    pre_delete.connect(upload, sender=StoredFile)
    try:
        storage.collect_garbage()
    finally:
        pre_delete.disconnect(upload, sender=StoredFile)
    again.join(30)

    found = StoredFile.objects.get(pk=uploaded[0].pk)
    with storage.open_file(found) as stream:
        assert stream.read() == b"sent twice"
    assert found.sha256 == file.sha256
