"""From scores to a ranked board."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from leaderboard import boards
from leaderboard.content import Board
from leaderboard.models import BoardSnapshot
from leaderboard.queries import board_view
from leaderboard.selection import Selection
from leaderboard.tasks import rank
from submissions import baselines, services
from submissions.models import Entry, Score
from submissions.states import EntryState
from submissions.tasks import score
from tests.integration.samples import FAIR, PERFECT, POOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def build(test_set):
    """Build the board through its task and return it."""

    def build():
        rank.apply(args=[test_set.pk], task_id="task-1")
        snapshot = BoardSnapshot.objects.get(test_set=test_set)
        return Board.from_json(snapshot.body, snapshot.teams)

    return build


@pytest.fixture
def make_primary(make_scored_entry):
    """Score the primary of another verified team for each."""

    def make(texts=PERFECT, *, system, **options):
        team = Team.objects.create(name=f"Team {system}", slug=system.lower(), is_verified=True)
        entry = make_scored_entry(texts, system=system, **options)
        Entry.objects.filter(pk=entry.pk).update(team=team, is_primary=True)
        entry.refresh_from_db()
        return entry

    return make


def rows(board):
    return [board.row(index) for index in range(len(board))]


def systems(board):
    return [(row.system, row.rank) for row in rows(board)]


def mark_stale(test_set):
    type(test_set).objects.filter(pk=test_set.pk).update(results_version=100)


def test_the_best_stands_first(make_primary, build):
    for system, texts in {"poor": POOR, "perfect": PERFECT, "fair": FAIR}.items():
        make_primary(texts, system=system)

    board = build()

    assert systems(board) == [("perfect", 1), ("fair", 2), ("poor", 3)]
    assert [row.scores["wmt21-exact-match"] for row in rows(board)] == [1.0, 0.75, 0.25]


def test_equal_scores_share_their_mean_rank_in_order_of_entry(make_primary, build):
    names = ("poor", "one", "two", "three")
    for system, texts in zip(names, (POOR, PERFECT, PERFECT, PERFECT), strict=True):
        make_primary(texts, system=system)

    assert systems(build()) == [("one", 2), ("two", 2), ("three", 2), ("poor", 4)]


def test_of_equal_scores_a_primary_stands_before_what_came_earlier(
    make_scored_entry, make_primary, build
):
    make_scored_entry(PERFECT, system="earlier", wants_primary=False)
    make_primary(PERFECT, system="primary")
    make_primary(POOR, system="poor")

    assert [name for name, _ in systems(build())] == ["primary", "earlier", "poor"]


def test_a_row_says_all_that_a_page_shows(make_scored_entry, build):
    entry = make_scored_entry(system="Marian", wants_primary=True, is_constrained=False)

    entry.submission.description = "Copies terms."
    entry.submission.save()

    [row] = rows(build())

    assert (row.entry, row.kind) == (entry.pk, "system")
    assert (row.team_id, row.team, row.team_slug) == (entry.team_id, "Lexica", "lexica")
    assert (row.is_primary, row.is_constrained, row.is_verified) == (True, False, True)
    assert row.description == "Copies terms."
    assert row.terminology_use == "at inference only"
    assert row.scores == {score.metric: score.value for score in entry.scores.all()}


def test_an_absent_score_is_not_ranked_and_not_zero(make_primary, build):
    absent = make_primary(PERFECT, system="absent")
    make_primary(POOR, system="poor")
    absent.scores.filter(metric="term-success").delete()

    board = build()

    assert systems(board) == [("poor", 1), ("absent", None)]
    assert "term-success" not in rows(board)[1].scores
    assert "bleu" in rows(board)[1].scores


@pytest.mark.parametrize("state", [EntryState.SCORING, EntryState.FAILED])
def test_only_scored_entries_stand_on_a_board(make_scored_entry, make_entry, build, state):
    make_scored_entry(system="scored")
    make_entry(system="other", columns={"state": state})

    assert systems(build()) == [("scored", None)]


def test_two_signatures_are_never_mixed(make_primary, build):
    rescored = make_primary(POOR, system="rescored")
    make_primary(PERFECT, system="old")
    Score.objects.filter(entry=rescored, metric="term-success").delete()
    Score.objects.create(entry=rescored, metric="term-success", value=0.5, signature="version:2")

    board = build()

    assert board.signatures["term-success"] == "version:2"
    assert systems(board) == [("rescored", 1), ("old", None)]
    assert rows(board)[0].scores["term-success"] == 0.5
    assert "term-success" not in rows(board)[1].scores
    assert "bleu" in rows(board)[1].scores  # its signature is the same for both


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


def test_a_new_score_makes_it_stale_again(make_primary, build):
    make_primary(POOR, system="poor")
    build()
    make_primary(PERFECT, system="perfect")

    board = build()

    assert systems(board) == [("perfect", 1), ("poor", 2)]
    assert BoardSnapshot.objects.get().results_version == 2


def test_each_test_set_has_its_own_board(make_scored_entry, make_test_set, build):
    other = make_test_set(version=2)
    make_scored_entry(system="here")
    make_scored_entry(system="there", test_set=other)
    rank.apply(args=[other.pk], task_id="task-2")

    assert systems(build()) == [("here", None)]
    assert BoardSnapshot.objects.get(test_set=other).body["columns"]["system"] == ["there"]


def test_a_view_sorts_by_another_metric_and_keeps_the_official_rank(make_primary, build, test_set):
    better = make_primary(PERFECT, system="terms")
    words = make_primary(POOR, system="words")
    better.scores.filter(metric="bleu").update(value=10.0)
    words.scores.filter(metric="bleu").update(value=20.0)
    build()

    view = board_view(test_set, selection=Selection(sort="bleu"))

    assert [(line.row.system, line.row.rank) for line in view.lines] == [("words", 2), ("terms", 1)]
    assert [h.column.metric for h in view.headings if h.is_sorted] == ["bleu"]


def test_a_sort_by_a_metric_that_the_board_lacks_is_the_official_one(
    make_scored_entry, build, test_set
):
    entry = make_scored_entry()
    entry.scores.filter(metric="bleu").delete()
    build()

    view = board_view(test_set, selection=Selection(sort="bleu"))

    assert [h.column.metric for h in view.headings if h.is_sorted] == ["term-success"]


def test_a_rank_of_a_metric_that_is_changed_is_built_anew(make_primary, build, test_set):
    for system, texts, bleu in (("terms", PERFECT, 1.0), ("words", POOR, 2.0)):
        entry = make_primary(texts, system=system)
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


def test_the_first_score_with_a_new_signature_does_not_empty_the_board(make_primary, build):
    for name in ("one", "two"):
        make_primary(PERFECT, system=name)
    upgraded = make_primary(POOR, system="upgraded")
    upgraded.scores.filter(metric="term-success").update(signature="version:2")

    board = build()

    assert [row.rank for row in rows(board)] == [1.5, 1.5, None]


# Who is ranked --------------------------------------------------------------------------------


def test_contrastive_entries_stand_among_the_others_without_a_rank(
    make_primary, make_scored_entry, build
):
    make_primary(POOR, system="last")
    make_scored_entry(FAIR, system="contrastive")
    make_primary(PERFECT, system="first")

    assert systems(build()) == [("first", 1), ("contrastive", None), ("last", 2)]


def test_a_contrastive_entry_as_good_as_two_primaries_changes_no_rank(
    make_primary, make_scored_entry, build
):
    make_primary(system="one")
    make_scored_entry(system="contrastive")
    make_primary(system="two")

    assert systems(build()) == [("one", 1.5), ("two", 1.5), ("contrastive", None)]


def test_a_team_that_is_not_verified_takes_no_rank_from_others(make_primary, build):
    unknown = make_primary(PERFECT, system="unknown")
    make_primary(POOR, system="known")
    Team.objects.filter(pk=unknown.team_id).update(is_verified=False)

    board = build()

    assert systems(board) == [("unknown", None), ("known", 1)]
    assert [row.is_verified for row in rows(board)] == [False, True]


def test_a_withdrawn_entry_leaves(make_primary, make_scored_entry, build, alice, messages):
    entry = make_scored_entry(system="regretted", wants_primary=True)
    make_primary(POOR, system="other")
    build()

    with messages() as sent:
        services.withdraw(entry=entry, actor=alice)

    assert ("leaderboard.rank", entry.test_set_id) in sent
    assert systems(build()) == [("other", 1)]


def test_another_primary_is_ranked_once_it_is_chosen(make_scored_entry, build, alice):
    make_scored_entry(PERFECT, system="first", wants_primary=True)
    second = make_scored_entry(POOR, system="second")
    assert systems(build()) == [("first", 1), ("second", None)]

    services.make_primary(entry=second, actor=alice)

    assert systems(build()) == [("first", None), ("second", 1)]


# What scores mean -----------------------------------------------------------------------------


@pytest.fixture
def score_yardsticks():
    """Make the oracle rows as the sweeper does and score them."""

    def make():
        baselines.add_missing()
        for entry in Entry.objects.filter(state=EntryState.SCORING):
            score.apply(args=[entry.pk], task_id=f"yardstick-{entry.pk}")

    return make


def test_references_and_the_copied_source_stand_apart_and_unranked(
    make_primary, score_yardsticks, build
):
    make_primary(POOR, system="poor")
    score_yardsticks()

    board = build()

    assert systems(board) == [("poor", 1), ("reference 1", None), ("source", None)]
    assert [row.kind for row in rows(board)] == ["system", "oracle", "copy"]
    assert [row.place for row in rows(board)] == [1, None, None]
    assert rows(board)[1].scores["wmt21-exact-match"] == 1.0
    assert board.references == 1


def test_an_organisers_baseline_stands_apart_too(make_primary, score_yardsticks, build):
    baseline = make_primary(PERFECT, system="baseline")
    make_primary(POOR, system="poor")
    Team.objects.filter(pk=baseline.team_id).update(is_organisers=True)
    score_yardsticks()

    assert systems(build()) == [
        ("poor", 1), ("reference 1", None), ("source", None), ("baseline", None)
    ]  # fmt: skip


def test_a_reference_against_the_other_ones_keeps_its_own_signature(
    make_primary, score_yardsticks, build
):
    make_primary(POOR, system="poor")
    score_yardsticks()
    of_oracle = Score.objects.filter(entry__kind="oracle", metric="bleu")
    ours = of_oracle.get().signature
    theirs = ours.replace("nrefs:1", "nrefs:2").replace("testset:", "testset:another")
    of_oracle.update(signature=theirs)

    board = build()

    assert board.signatures["bleu"] == ours
    oracle = rows(board)[1]
    assert oracle.signatures == {"bleu": theirs}
    assert "bleu" in oracle.scores


def test_a_reference_that_another_version_has_scored_is_not_compared(
    make_primary, score_yardsticks, build
):
    make_primary(POOR, system="poor")
    score_yardsticks()
    of_oracle = Score.objects.filter(entry__kind="oracle", metric="bleu")
    of_oracle.update(signature=of_oracle.get().signature.replace("version:2", "version:1"))

    oracle = rows(build())[1]

    assert "bleu" not in oracle.scores
    assert "chrf" in oracle.scores


def test_a_board_of_yardsticks_alone_has_columns(score_yardsticks, build):
    score_yardsticks()

    board = build()

    assert [row.kind for row in rows(board)] == ["oracle", "copy"]
    assert "bleu" in board.signatures


# Teams that change ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"name": "Renamed"}, {"slug": "renamed"}, {"is_verified": False}]
)
def test_a_change_of_a_team_reaches_its_boards_with_the_next_sweep(
    make_scored_entry, build, team, change
):
    make_scored_entry(wants_primary=True)
    build()
    Team.objects.filter(pk=team.pk).update(**change)

    assert boards.rebuild_stale() == 1
    assert boards.rebuild_stale() == 0

    [row] = rows(build())
    changed = {"name": row.team, "slug": row.team_slug, "is_verified": row.is_verified}
    assert changed | change == changed
    assert row.rank == (1 if row.is_verified else None)


def test_a_change_that_no_board_shows_builds_nothing(make_scored_entry, build, team, other_team):
    make_scored_entry()
    build()
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
        assert boards.boards_with_changed_teams() == []


def test_a_long_description_is_cut_visibly(make_scored_entry, build):
    entry = make_scored_entry()
    entry.submission.description = "word " * 400
    entry.submission.save()

    [row] = rows(build())

    assert len(row.description) == boards.DESCRIPTION_SHOWN
    assert row.description.endswith("…")
