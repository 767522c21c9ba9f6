"""From scores to a ranked board."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaderboard import boards
from leaderboard.boards import Board
from leaderboard.models import BoardSnapshot
from leaderboard.queries import board_view
from leaderboard.tasks import rank
from submissions.models import Score
from submissions.states import EntryState
from tests.integration.samples import FAIR, PERFECT, POOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def build(test_set):
    """Build the board through its task and return it."""

    def build():
        rank.apply(args=[test_set.pk], task_id="task-1")
        return Board.from_json(BoardSnapshot.objects.get(test_set=test_set).body)

    return build


def systems(board):
    return [(row.system, row.rank) for row in board.rows]


def mark_stale(test_set):
    type(test_set).objects.filter(pk=test_set.pk).update(results_version=100)


def test_the_best_stands_first(make_scored_entry, build):
    for system, texts in {"poor": POOR, "perfect": PERFECT, "fair": FAIR}.items():
        make_scored_entry(texts, system=system)

    board = build()

    assert systems(board) == [("perfect", 1), ("fair", 2), ("poor", 3)]
    assert [row.scores["wmt21-exact-match"] for row in board.rows] == [1.0, 0.75, 0.25]


def test_equal_scores_share_their_mean_rank_in_order_of_entry(make_scored_entry, build):
    names = ("poor", "one", "two", "three")
    for system, texts in zip(names, (POOR, PERFECT, PERFECT, PERFECT), strict=True):
        make_scored_entry(texts, system=system)

    assert systems(build()) == [("one", 2), ("two", 2), ("three", 2), ("poor", 4)]


def test_a_row_says_all_that_a_page_shows(make_scored_entry, build):
    entry = make_scored_entry(system="Marian", wants_primary=True, is_constrained=False)

    [row] = build().rows

    assert (row.entry, row.team, row.team_slug) == (entry.pk, "Lexica", "lexica")
    assert (row.is_primary, row.is_constrained) == (True, False)
    assert row.terminology_use == "at inference only"
    assert row.scores == {score.metric: score.value for score in entry.scores.all()}


def test_an_absent_score_is_not_ranked_and_not_zero(make_scored_entry, build):
    absent = make_scored_entry(PERFECT, system="absent")
    make_scored_entry(POOR, system="poor")
    absent.scores.filter(metric="wmt21-exact-match").delete()

    board = build()

    assert systems(board) == [("poor", 1), ("absent", None)]
    assert "wmt21-exact-match" not in board.rows[1].scores
    assert "bleu" in board.rows[1].scores


@pytest.mark.parametrize("state", [EntryState.SCORING, EntryState.FAILED])
def test_only_scored_entries_stand_on_a_board(make_scored_entry, make_entry, build, state):
    make_scored_entry(system="scored")
    make_entry(system="other", columns={"state": state})

    assert systems(build()) == [("scored", 1)]


def test_two_signatures_are_never_mixed(make_scored_entry, build):
    rescored = make_scored_entry(POOR, system="rescored")
    make_scored_entry(PERFECT, system="old")
    Score.objects.filter(entry=rescored, metric="wmt21-exact-match").delete()
    Score.objects.create(
        entry=rescored, metric="wmt21-exact-match", value=0.5, signature="version:2"
    )

    board = build()

    assert board.signatures["wmt21-exact-match"] == "version:2"
    assert systems(board) == [("rescored", 1), ("old", None)]
    assert board.rows[0].scores["wmt21-exact-match"] == 0.5
    assert "wmt21-exact-match" not in board.rows[1].scores
    assert "bleu" in board.rows[1].scores  # its signature is the same for both


def test_columns_come_in_the_order_of_the_pages(make_scored_entry, build):
    make_scored_entry()

    assert list(build().signatures) == [
        "term-success",
        "term-window-overlap-2",
        "term-window-overlap-3",
        "term-1-ter",
        "wmt21-exact-match",
        "wmt21-window-overlap-2",
        "wmt21-window-overlap-3",
        "wmt21-1-term",
        "bleu",
        "chrf",
        "chrf++",
    ]


def test_a_board_that_is_fresh_is_not_built_again(make_scored_entry, build, test_set):
    make_scored_entry()
    build()
    built_at = BoardSnapshot.objects.get().built_at

    assert boards.rebuild(test_set.pk) is False

    assert BoardSnapshot.objects.get().built_at == built_at


def test_a_board_before_the_first_score_is_not_built(test_set):
    assert boards.rebuild(test_set.pk) is False
    assert not BoardSnapshot.objects.exists()


def test_a_new_score_makes_it_stale_again(make_scored_entry, build):
    make_scored_entry(POOR, system="poor")
    build()
    make_scored_entry(PERFECT, system="perfect")

    board = build()

    assert systems(board) == [("perfect", 1), ("poor", 2)]
    assert BoardSnapshot.objects.get().results_version == 2


def test_each_test_set_has_its_own_board(make_scored_entry, make_test_set, build):
    other = make_test_set(version=2)
    make_scored_entry(system="here")
    make_scored_entry(system="there", test_set=other)
    rank.apply(args=[other.pk], task_id="task-2")

    assert systems(build()) == [("here", 1)]
    there = BoardSnapshot.objects.get(test_set=other)
    assert [row["system"] for row in there.body["rows"]] == ["there"]


def test_a_view_sorts_by_another_metric_and_keeps_the_official_rank(
    make_scored_entry, build, test_set
):
    better = make_scored_entry(PERFECT, system="terms")
    words = make_scored_entry(POOR, system="words")
    better.scores.filter(metric="bleu").update(value=10.0)
    words.scores.filter(metric="bleu").update(value=20.0)
    build()

    view = board_view(test_set, sort="bleu")

    assert [(line.row.system, line.row.rank) for line in view.lines] == [("words", 2), ("terms", 1)]
    assert [h.column.metric for h in view.headings if h.is_sorted] == ["bleu"]


def test_a_sort_by_a_metric_that_the_board_lacks_is_the_official_one(
    make_scored_entry, build, test_set
):
    entry = make_scored_entry()
    entry.scores.filter(metric="bleu").delete()
    build()

    view = board_view(test_set, sort="bleu")

    assert [h.column.metric for h in view.headings if h.is_sorted] == ["wmt21-exact-match"]


def test_a_rank_of_a_metric_that_is_changed_is_built_anew(make_scored_entry, build, test_set):
    for system, texts, bleu in (("terms", PERFECT, 1.0), ("words", POOR, 2.0)):
        entry = make_scored_entry(texts, system=system)
        entry.scores.filter(metric="bleu").update(value=bleu)
    build()
    type(test_set).objects.filter(pk=test_set.pk).update(ranking_metric="bleu")
    mark_stale(test_set)

    board = build()

    assert board.ranking_metric == "bleu"
    assert systems(board) == [("words", 1), ("terms", 2)]


def test_a_board_takes_the_same_number_of_queries_for_many_entries(
    make_scored_entry, test_set, django_assert_num_queries
):
    make_scored_entry(system="System 0")
    with CaptureQueriesContext(connection) as for_one:
        boards.rebuild(test_set.pk)
    BoardSnapshot.objects.all().delete()
    for number in range(1, 5):
        make_scored_entry(system=f"System {number}")

    with django_assert_num_queries(len(for_one)):
        boards.rebuild(test_set.pk)


def test_the_sweeper_builds_a_board_whose_message_was_lost(make_scored_entry, test_set):
    make_scored_entry()

    assert boards.rebuild_stale() == 1
    assert boards.rebuild_stale() == 0

    assert BoardSnapshot.objects.get().results_version == 1


def test_the_first_score_with_a_new_signature_does_not_empty_the_board(make_scored_entry, build):
    for name in ("one", "two"):
        make_scored_entry(PERFECT, system=name)
    upgraded = make_scored_entry(POOR, system="upgraded")
    upgraded.scores.filter(metric="wmt21-exact-match").update(signature="version:2")

    board = build()

    assert [row.rank for row in board.rows] == [1.5, 1.5, None]
