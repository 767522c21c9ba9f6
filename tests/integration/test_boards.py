"""From scores to a ranked board."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from evaluator.metrics import METRICS, Group
from leaderboard import boards
from leaderboard.models import BoardSnapshot
from leaderboard.queries import read_board
from leaderboard.selection import Selection
from leaderboard.tasks import rank
from sharedtasks.metric_columns import COLUMNS
from submissions.models import Score
from submissions.states import EntryState
from tests.integration.board_content import rows, systems
from tests.integration.samples import FAIR, PERFECT, POOR

pytestmark = pytest.mark.django_db

VERSION = METRICS["term-success"].version


def mark_stale(test_set):
    type(test_set).objects.filter(pk=test_set.pk).update(results_version=100)


def test_the_best_stands_first(make_primary, build_board):
    for system, texts in {"poor": POOR, "perfect": PERFECT, "fair": FAIR}.items():
        make_primary(texts, system=system)

    board = build_board()

    assert systems(board) == [("perfect", "1"), ("fair", "2"), ("poor", "3")]
    assert [row.scores["wmt21-exact-match"] for row in rows(board)] == [1.0, 0.75, 0.25]


def test_equal_scores_share_a_place_in_order_of_entry(make_primary, build_board):
    names = ("poor", "one", "two", "three")
    for system, texts in zip(names, (POOR, PERFECT, PERFECT, PERFECT), strict=True):
        make_primary(texts, system=system)

    assert systems(build_board()) == [("one", "1="), ("two", "1="), ("three", "1="), ("poor", "4")]


def test_of_equal_scores_a_primary_stands_before_what_came_earlier(
    make_scored_entry, make_primary, build_board
):
    make_scored_entry(PERFECT, system="earlier", wants_primary=False)
    make_primary(PERFECT, system="primary")
    make_primary(POOR, system="poor")

    assert [name for name, _ in systems(build_board())] == ["primary", "earlier", "poor"]


def test_a_row_says_all_that_a_page_shows(make_scored_entry, build_board):
    entry = make_scored_entry(system="Marian", wants_primary=True, is_constrained=False)

    entry.submission.description = "Copies terms."
    entry.submission.save()

    [row] = rows(build_board())

    assert (row.entry, row.kind) == (entry.pk, "system")
    assert (row.team_id, row.team, row.team_slug) == (entry.team_id, "Lexica", "lexica")
    assert (row.is_primary, row.is_constrained, row.is_verified) == (True, False, True)
    assert row.description == "Copies terms."
    assert row.terminology_use == "at inference only"
    assert row.scores == {score.metric: score.value for score in entry.scores.all()}


def test_an_absent_score_is_not_ranked_and_not_zero(make_primary, build_board):
    absent = make_primary(PERFECT, system="absent")
    make_primary(POOR, system="poor")
    absent.scores.filter(metric="term-success").delete()

    board = build_board()

    assert systems(board) == [("poor", "1"), ("absent", "")]
    assert "term-success" not in rows(board)[1].scores
    assert "bleu" in rows(board)[1].scores


@pytest.mark.parametrize("state", [EntryState.SCORING, EntryState.FAILED])
def test_only_scored_entries_stand_on_a_board(make_scored_entry, make_entry, build_board, state):
    make_scored_entry(system="scored")
    make_entry(system="other", columns={"state": state})

    assert systems(build_board()) == [("scored", "")]


def test_two_signatures_are_never_mixed(make_primary, build_board):
    rescored = make_primary(POOR, system="rescored")
    make_primary(PERFECT, system="old")
    Score.objects.filter(entry=rescored, metric="term-success").delete()
    other = f"tok:other|v:{VERSION}"  # of the same version: an upgrade of a library
    Score.objects.create(entry=rescored, metric="term-success", value=0.5, signature=other)

    board = build_board()

    assert board.signatures["term-success"] == other
    assert systems(board) == [("rescored", "1"), ("old", "")]
    assert rows(board)[0].scores["term-success"] == 0.5
    assert "term-success" not in rows(board)[1].scores
    assert "bleu" in rows(board)[1].scores  # its signature is the same for both


def test_columns_come_in_the_order_of_the_pages(make_scored_entry, build_board):
    scored = {score.metric for score in make_scored_entry().scores.all()}

    columns = list(build_board().signatures)
    groups = [METRICS[metric].group for metric in columns]
    assert columns == [column.metric for column in COLUMNS if column.metric in scored]
    assert groups == sorted(groups, key=list(Group).index)
    assert columns[:2] == ["term-success", "term-window-overlap-2"]  # the group's own order


def test_a_board_that_is_fresh_is_not_built_again(make_scored_entry, build_board, test_set):
    make_scored_entry()
    build_board()
    built_at = BoardSnapshot.objects.get().built_at

    assert boards.rebuild(test_set.pk) is False

    assert BoardSnapshot.objects.get().built_at == built_at


def test_a_board_before_the_first_score_is_not_built(test_set):
    assert boards.rebuild(test_set.pk) is False
    assert not BoardSnapshot.objects.exists()


def test_a_new_score_makes_it_stale_again(make_primary, build_board):
    make_primary(POOR, system="poor")
    build_board()
    make_primary(PERFECT, system="perfect")

    board = build_board()

    assert systems(board) == [("perfect", "1"), ("poor", "2")]
    assert BoardSnapshot.objects.get().results_version == 2


def test_each_test_set_has_its_own_board(make_scored_entry, make_test_set, build_board):
    other = make_test_set(version=2)
    make_scored_entry(system="here")
    make_scored_entry(system="there", test_set=other)
    rank.apply(args=[other.pk], task_id="task-2")

    assert systems(build_board()) == [("here", "")]
    assert BoardSnapshot.objects.get(test_set=other).body["columns"]["system"] == ["there"]


def test_a_view_sorts_by_another_metric_and_keeps_the_official_place(
    make_primary, build_board, test_set
):
    better = make_primary(PERFECT, system="terms")
    words = make_primary(POOR, system="words")
    better.scores.filter(metric="bleu").update(value=10.0)
    words.scores.filter(metric="bleu").update(value=20.0)
    build_board()

    view = read_board(test_set, selection=Selection(sort="bleu"))

    assert [(line.row.system, line.row.place) for line in view.lines] == [
        ("words", "2"),
        ("terms", "1"),
    ]
    assert [h.column.metric for h in view.headings if h.is_sorted] == ["bleu"]


def test_a_sort_by_a_metric_that_the_board_lacks_is_the_official_one(
    make_scored_entry, build_board, test_set
):
    entry = make_scored_entry()
    entry.scores.filter(metric="bleu").delete()
    build_board()

    view = read_board(test_set, selection=Selection(sort="bleu"))

    assert [h.column.metric for h in view.headings if h.is_sorted] == []  # a mean of ranks


def test_an_order_that_is_changed_is_built_anew(make_primary, build_board, test_set):
    for system, texts, bleu in (("terms", PERFECT, 1.0), ("words", POOR, 2.0)):
        entry = make_primary(texts, system=system)
        entry.scores.filter(metric="bleu").update(value=bleu)
    build_board()
    type(test_set).objects.filter(pk=test_set.pk).update(official_order=["bleu"])
    mark_stale(test_set)

    board = build_board()

    assert board.order == ["bleu"]
    assert systems(board) == [("words", "1"), ("terms", "2")]


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


def test_the_first_score_with_a_new_signature_does_not_empty_the_board(make_primary, build_board):
    for name in ("one", "two"):
        make_primary(PERFECT, system=name)
    upgraded = make_primary(POOR, system="upgraded")
    upgraded.scores.filter(metric="term-success").update(signature=f"tok:other|v:{VERSION}")

    board = build_board()

    assert [row.place for row in rows(board)] == ["1=", "1=", ""]


# Teams that change ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"name": "Renamed"}, {"slug": "renamed"}, {"is_verified": False}]
)
def test_a_change_of_a_team_reaches_its_boards_with_the_next_sweep(
    make_scored_entry, build_board, team, change
):
    make_scored_entry(wants_primary=True)
    build_board()
    Team.objects.filter(pk=team.pk).update(**change)

    assert boards.rebuild_stale() == 1
    assert boards.rebuild_stale() == 0

    [row] = rows(build_board())
    changed = {"name": row.team, "slug": row.team_slug, "is_verified": row.is_verified}
    assert changed | change == changed
    assert row.place == ("1" if row.is_verified else "")


def test_a_change_that_no_board_shows_builds_nothing(
    make_scored_entry, build_board, team, other_team
):
    make_scored_entry()
    build_board()
    Team.objects.filter(pk=team.pk).update(institution="Elsewhere")
    Team.objects.filter(pk=other_team.pk).update(name="Not on it")

    assert boards.rebuild_stale() == 0


def test_whether_teams_have_changed_takes_two_queries(
    make_scored_entry, make_test_set, test_set, django_assert_num_queries
):
    for one in (test_set, make_test_set(version=2), make_test_set(version=3)):
        make_scored_entry(test_set=one)
        boards.rebuild(one.pk)

    with django_assert_num_queries(2):
        assert boards.find_boards_with_changed_teams() == []


def test_a_long_description_is_cut_visibly(make_scored_entry, build_board):
    entry = make_scored_entry()
    entry.submission.description = "word " * 400
    entry.submission.save()

    [row] = rows(build_board())

    assert len(row.description) == boards.DESCRIPTION_SHOWN
    assert row.description.endswith("…")
