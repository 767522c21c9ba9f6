"""When boards are built: about once a second however much changes, and never not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from leaderboard import boards, builders
from leaderboard.models import BoardSnapshot
from leaderboard.newest_versions import show_newest_versions
from leaderboard.tasks import rank
from submissions.boards import BUILD_AFTER, BUILD_PAUSE, LOST_AFTER, touch_board
from tests.integration.actors import OPERATOR

pytestmark = pytest.mark.django_db

RANK = "leaderboard.rank"


@pytest.fixture
def board(make_bare_test_set):
    """A test set without results."""
    return make_bare_test_set()


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """Return a function that runs another as committed, and says which messages it has sent.

    Of each it says the test set, and for when.
    """

    def run(do):
        told = []
        monkeypatch.setattr(
            current_app._get_current_object(),
            "send_task",
            lambda name, args, countdown: told.append((name, args[0], countdown or 0)),
        )
        with django_capture_on_commit_callbacks(execute=True):
            do()
        assert {name for name, _, _ in told} <= {RANK}
        return [(pk, seconds) for _, pk, seconds in told]

    return run


def set_row(board, **columns):
    type(board).objects.filter(pk=board.pk).update(**columns)
    board.refresh_from_db()


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def is_fresh(board):
    board.refresh_from_db()
    return board.ranked_version == board.results_version


@pytest.mark.parametrize("changes", [1, 2, 7, 250])
def test_a_burst_of_changes_is_announced_once_and_built_once(board, sent, monkeypatch, changes):
    begun = []
    build = boards._build_board
    monkeypatch.setattr(boards, "_build_board", lambda row: begun.append(row) or build(row))

    told = sent(lambda: [touch_board(board.pk) for _ in range(changes)])
    for _ in range(3):  # deliveries
        rank(board.pk)

    assert told == [(board.pk, BUILD_AFTER.total_seconds())]
    assert len(begun) == 1
    assert is_fresh(board)
    assert BoardSnapshot.objects.get().results_version == changes


@pytest.mark.parametrize(
    ("since_begin", "expected"),
    [(0, 1.0), (0.2, 0.8), (0.4, 0.6), (0.9, 0.5), (30, 0.5)],
)
def test_the_next_build_begins_a_second_after_the_last(board, sent, since_begin, expected):
    set_row(board, build_begun_at=ago(since_begin))

    [(_, seconds)] = sent(lambda: touch_board(board.pk))

    assert seconds == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("due", "is_told"),
    [
        (BUILD_AFTER, False),
        (timedelta(0), False),  # the workers are busy
        (-LOST_AFTER / 2, False),
        (-LOST_AFTER * 1.1, True),  # lost, with a worker or a broker
        (-timedelta(days=1), True),
    ],
)
def test_a_build_that_is_overdue_is_announced_again(board, sent, due, is_told):
    set_row(board, build_due_at=timezone.now() + due)

    assert bool(sent(lambda: touch_board(board.pk))) is is_told

    assert boards.rebuild_stale() == 1  # whatever has become of the message
    assert is_fresh(board)


def test_each_board_has_an_announcement_of_its_own(board, make_bare_test_set, sent):
    others = [make_bare_test_set(version=version) for version in (2, 3)]
    boards_touched = [board, *others, board, *others]

    told = sent(lambda: [touch_board(row.pk) for row in boards_touched])

    assert [pk for pk, _ in told] == [board.pk, *(row.pk for row in others)]


def test_what_is_undone_announces_nothing_and_hides_no_later_change(board, sent):
    def fail():
        with transaction.atomic():
            touch_board(board.pk)
            transaction.set_rollback(True)

    assert sent(fail) == []
    assert len(sent(lambda: touch_board(board.pk))) == 1


def test_a_change_during_a_build_is_announced_and_built(board, sent, monkeypatch):
    build = boards._build_board
    touch_board(board.pk)

    def build_while_it_changes(row):
        touch_board(row.pk)
        return build(row)

    monkeypatch.setattr(boards, "_build_board", build_while_it_changes)
    told = sent(lambda: rank(board.pk))

    assert told == [(board.pk, pytest.approx(BUILD_PAUSE.total_seconds(), abs=0.1))]
    assert not is_fresh(board)
    monkeypatch.setattr(boards, "_build_board", build)
    rank(board.pk)
    assert is_fresh(board)


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError, SystemExit])
def test_a_build_that_fails_lets_the_next_begin(board, monkeypatch, error):
    build = boards._build_board
    touch_board(board.pk)

    def fail(row):
        raise error

    monkeypatch.setattr(boards, "_build_board", fail)
    with pytest.raises(error):
        rank(board.pk)
    monkeypatch.setattr(boards, "_build_board", build)

    assert boards.rebuild(board.pk)


def test_while_another_builds_the_message_comes_again(board, sent):
    touch_board(board.pk)
    set_row(board, is_being_built=True, build_begun_at=ago(3), build_due_at=None)

    assert sent(lambda: rank(board.pk)) == [(board.pk, BUILD_PAUSE.total_seconds())]
    assert boards.rebuild_stale() == 0
    assert not is_fresh(board)


def test_who_changes_all_boards_of_a_phase_takes_over_and_does_not_wait(board):
    touch_board(board.pk)
    set_row(board, is_being_built=True, build_begun_at=ago(3))

    assert show_newest_versions(board.phase, actor=OPERATOR)

    assert is_fresh(board)
    assert not board.is_being_built


def test_a_builder_that_was_killed_is_succeeded(board, sent):
    touch_board(board.pk)
    dead = builders.LONGEST_BUILD.total_seconds()
    set_row(board, is_being_built=True, build_begun_at=ago(dead + 1), build_due_at=None)

    assert sent(lambda: rank(board.pk)) == []

    assert is_fresh(board)
    assert not board.is_being_built


def test_a_builder_that_was_thought_dead_overwrites_nothing_newer(board, monkeypatch):
    build = boards._build_board
    touch_board(board.pk)

    def build_too_long(row):
        old = build(row)
        set_row(row, build_begun_at=row.build_begun_at - builders.LONGEST_BUILD)
        monkeypatch.setattr(boards, "_build_board", build)
        touch_board(row.pk)
        assert boards.rebuild(row.pk)  # by another process
        return old

    monkeypatch.setattr(boards, "_build_board", build_too_long)

    assert not boards.rebuild(board.pk)
    assert BoardSnapshot.objects.get().results_version == 2
    assert is_fresh(board)
