"""Races, with real threads on PostgreSQL: whoever comes first wins, and only once."""

from __future__ import annotations

import time
from datetime import timedelta
from io import BytesIO
from threading import Event, Thread

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models.signals import pre_delete
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from files import storage
from files.models import StoredFile
from leaderboard import boards
from leaderboard.models import BoardSnapshot
from submissions import work
from submissions.models import Entry, Score, Submission
from submissions.pipeline.sweeper import sweep
from submissions.pipeline.tasks import check, claim_next, score
from submissions.services import choosing
from submissions.states import EntryState, SubmissionState
from tests.integration.conftest import drain
from tests.integration.samples import FAIR, PERFECT, POOR, as_text, count_scores

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_postgresql"),
]


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
    assert Score.objects.count() == count_scores()
    assert entry.changes.count() == 2
    assert test_set.results_version == 1


def test_eight_workers_that_look_at_once_take_eight_entries(make_entry, other_team, at_once):
    own = [make_entry(system=f"System {number}") for number in range(9)]
    Entry.objects.filter(pk__gt=own[5].pk).update(team=other_team)

    claimed = at_once(8, lambda number: claim_next(Entry.objects.all(), owner=f"task-{number}"))

    assert len({entry.pk for entry in claimed}) == 8
    assert Entry.objects.exclude(claimed_by="").count() == 8
    assert set(Entry.objects.values_list("attempts", flat=True)) == {0, 1}


def test_of_eight_builders_one_builds_the_board(make_scored_entry, at_once, test_set, monkeypatch):
    for texts in (PERFECT, FAIR, POOR):
        make_scored_entry(texts)
    begun = []
    build = boards._build_board
    monkeypatch.setattr(boards, "_build_board", lambda row: begun.append(row) or build(row))

    built = at_once(8, lambda _: boards.rebuild(test_set.pk))

    assert len(begun) == 1
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


def test_scores_that_arrive_during_a_build_do_not_wait_for_it(
    make_entry, make_scored_entry, at_once, test_set, monkeypatch
):
    make_scored_entry()
    late = make_entry(system="late")
    building, scored = Event(), Event()
    build = boards._build_board

    def build_slowly(row):
        building.set()
        assert scored.wait(20)
        return build(row)

    def act(number):
        if number == 0:
            return boards.try_to_rebuild(test_set.pk)
        assert building.wait(20)
        score.apply(args=[late.pk], task_id="late")
        scored.set()
        return late.scores.exists()

    monkeypatch.setattr(boards, "_build_board", build_slowly)
    assert at_once(2, act) == [True, True]

    test_set.refresh_from_db()
    assert (test_set.ranked_version, test_set.results_version) == (1, 2)  # a build is to follow
    assert test_set.build_due_at is not None
    assert boards.rebuild(test_set.pk)


def test_of_two_primaries_scored_at_once_one_stays(make_entry, at_once):
    entries = [make_entry(system=f"System {n}", wants_primary=True) for n in range(2)]

    at_once(2, lambda n: score.apply(args=[entries[n].pk], task_id=f"task-{n}"))

    assert Entry.objects.filter(state=EntryState.SCORED).count() == 2
    assert sorted(Entry.objects.values_list("is_primary", flat=True)) == [False, True]


def test_two_members_who_choose_the_primary_at_once_leave_one(
    make_scored_entry, at_once, alice, bob
):
    old = make_scored_entry(system="Old", wants_primary=True)
    entries = [make_scored_entry(system=f"System {n}") for n in range(2)]

    at_once(2, lambda n: choosing.make_primary(entry=entries[n], actor=[alice, bob][n]))

    [primary] = Entry.objects.filter(is_primary=True)
    assert primary in entries
    assert [change.reason for change in old.changes.all()][-1].startswith("made contrastive: ")
    other = next(entry for entry in entries if entry != primary)
    reasons = [change.reason for change in other.changes.all()]
    assert reasons[-2:] == ["made primary", f"made contrastive: {primary.system} is primary now"]


def test_withdrawing_what_is_made_primary_at_that_moment_leaves_the_team_no_rank_by_it(
    make_scored_entry, at_once, alice, bob
):
    for number in range(5):  # either may come first
        make_scored_entry(system=f"Old {number}", wants_primary=True)
        entry = make_scored_entry(system=f"New {number}")

        def act(thread, entry=entry):
            try:
                if thread:
                    choosing.withdraw(entry=entry, actor=alice)
                else:
                    choosing.make_primary(entry=entry, actor=bob)
            except ValidationError:
                return False
            return True

        has_become_primary, is_withdrawn = at_once(2, act)

        entry.refresh_from_db()
        assert is_withdrawn
        assert (entry.is_primary, entry.withdrawn_at is None) == (False, False)
        # The old one gives way to one that was primary for a moment, never to one that was not.
        assert Entry.objects.filter(is_primary=True).exists() == (not has_become_primary)


def test_withdrawing_what_is_scored_at_that_moment_never_leaves_it_primary(
    make_entry, at_once, alice, test_set
):
    for number in range(5):
        entry = make_entry(system=f"System {number}", wants_primary=True)

        def act(thread, entry=entry):
            if thread:
                choosing.withdraw(entry=entry, actor=alice)
            else:
                score.apply(args=[entry.pk], task_id=f"task-{entry.pk}")

        at_once(2, act)

        entry.refresh_from_db()
        assert entry.state == EntryState.SCORED
        assert entry.withdrawn_at is not None
        assert not entry.is_primary


def test_a_message_waits_for_a_row_that_somebody_has_locked(make_entry, at_once):
    entry = make_entry()
    locked = Event()

    def act(thread):
        if thread:
            assert locked.wait(30)
            score.apply(args=[entry.pk], task_id="the only message")
        else:
            with transaction.atomic():
                Entry.objects.select_for_update().get(pk=entry.pk)
                locked.set()
                time.sleep(0.5)  # so that the message is received meanwhile

    at_once(2, act)

    entry.refresh_from_db()
    assert entry.state == EntryState.SCORED


def test_a_primary_by_hand_and_one_by_its_scores_leave_one(
    make_entry, make_scored_entry, at_once, alice
):
    for number in range(5):
        by_hand = make_scored_entry(system=f"By hand {number}")
        by_scores = make_entry(system=f"By scores {number}", wants_primary=True)

        def act(thread, by_hand=by_hand, by_scores=by_scores):
            if thread:
                choosing.make_primary(entry=by_hand, actor=alice)
            else:
                score.apply(args=[by_scores.pk], task_id=f"task-{by_scores.pk}")

        at_once(2, act)

        by_scores.refresh_from_db()
        assert by_scores.state == EntryState.SCORED
        assert Entry.objects.filter(is_primary=True).get() in {by_hand, by_scores}


def test_twenty_uploads_at_once_are_all_there_and_all_scored_once(client, alice, test_set, at_once):
    address = reverse("submit", args=["spring", "test"])
    client.force_login(alice)
    drain()

    def upload(number):
        browser = Client()
        browser.cookies = client.cookies
        texts = (*PERFECT[:3], f"la fièvre et la toux , {number} fois .")
        fields = {
            "team": alice.teams.get().pk,
            "system": f"System {number}",
            "terminology_use": "inference",
            "wants_primary": "on",
            "file": SimpleUploadedFile("ours.en-fr.txt", as_text(texts)),
        }
        return browser.post(address, fields).status_code

    statuses = at_once(20, upload)
    for task in (check, score):
        for name, pk in drain():
            assert name == task.name
            task.apply(args=[pk], task_id=f"{name} {pk}")

    assert statuses == [302] * 20
    assert sorted(Entry.objects.values_list("state", flat=True)) == ["scored"] * 20
    assert Score.objects.count() == 20 * count_scores()
    assert Entry.objects.filter(is_primary=True).count() == 1
    newest = Submission.objects.first()
    assert newest.entries.get().is_primary


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
