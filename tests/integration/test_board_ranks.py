"""Who is ranked on a board, and the rows that say what its scores mean."""

from __future__ import annotations

import pytest

from accounts.models import Team
from submissions.models import Entry, Score
from submissions.pipeline import reference_points
from submissions.pipeline.tasks import score
from submissions.services import choosing
from submissions.states import EntryState
from tests.integration.board_content import rows, systems
from tests.integration.samples import FAIR, PERFECT, POOR

pytestmark = pytest.mark.django_db


def test_contrastive_entries_stand_among_the_others_without_a_rank(
    make_primary, make_scored_entry, build_board
):
    make_primary(POOR, system="last")
    make_scored_entry(FAIR, system="contrastive")
    make_primary(PERFECT, system="first")

    assert systems(build_board()) == [("first", "1"), ("contrastive", ""), ("last", "2")]


def test_a_contrastive_entry_as_good_as_two_primaries_changes_no_rank(
    make_primary, make_scored_entry, build_board
):
    make_primary(system="one")
    make_scored_entry(system="contrastive")
    make_primary(system="two")

    assert systems(build_board()) == [("one", "1="), ("two", "1="), ("contrastive", "")]


def test_a_team_that_is_not_verified_takes_no_rank_from_others(make_primary, build_board):
    unknown = make_primary(PERFECT, system="unknown")
    make_primary(POOR, system="known")
    Team.objects.filter(pk=unknown.team_id).update(is_verified=False)

    board = build_board()

    assert systems(board) == [("unknown", ""), ("known", "1")]
    assert [row.is_verified for row in rows(board)] == [False, True]


def test_a_withdrawn_entry_leaves(make_primary, make_scored_entry, build_board, alice, messages):
    entry = make_scored_entry(system="regretted", wants_primary=True)
    make_primary(POOR, system="other")
    build_board()

    with messages() as sent:
        choosing.withdraw(entry=entry, actor=alice)

    assert ("leaderboard.rank", entry.test_set_id) in sent
    assert systems(build_board()) == [("other", "1")]


def test_another_primary_is_ranked_once_it_is_chosen(make_scored_entry, build_board, alice):
    make_scored_entry(PERFECT, system="first", wants_primary=True)
    second = make_scored_entry(POOR, system="second")
    assert systems(build_board()) == [("first", "1"), ("second", "")]

    choosing.make_primary(entry=second, actor=alice)

    assert systems(build_board()) == [("first", ""), ("second", "1")]


@pytest.fixture
def score_yardsticks():
    """Make the oracle rows as the sweeper does and score them."""

    def make():
        reference_points.add_missing()
        for entry in Entry.objects.filter(state=EntryState.SCORING):
            score.apply(args=[entry.pk], task_id=f"yardstick-{entry.pk}")

    return make


def test_references_and_the_copied_source_stand_apart_and_unranked(
    make_primary, score_yardsticks, build_board
):
    make_primary(POOR, system="poor")
    score_yardsticks()

    board = build_board()

    assert systems(board) == [("poor", "1"), ("reference 1", ""), ("source", "")]
    assert [row.kind for row in rows(board)] == ["system", "oracle", "copy"]
    assert [row.position for row in rows(board)] == [1, None, None]
    assert rows(board)[1].scores["wmt21-exact-match"] == 1.0
    assert board.references == 1


def test_an_organisers_baseline_stands_apart_too(make_primary, score_yardsticks, build_board):
    baseline = make_primary(PERFECT, system="baseline")
    make_primary(POOR, system="poor")
    Team.objects.filter(pk=baseline.team_id).update(is_organisers=True)
    score_yardsticks()

    assert systems(build_board()) == [
        ("poor", "1"), ("reference 1", ""), ("source", ""), ("baseline", "")
    ]  # fmt: skip


def test_a_reference_against_the_other_ones_keeps_its_own_signature(
    make_primary, score_yardsticks, build_board
):
    make_primary(POOR, system="poor")
    score_yardsticks()
    of_oracle = Score.objects.filter(entry__kind="oracle", metric="bleu")
    ours = of_oracle.get().signature
    theirs = ours.replace("nrefs:1", "nrefs:2").replace("testset:", "testset:another")
    of_oracle.update(signature=theirs)

    board = build_board()

    assert board.signatures["bleu"] == ours
    oracle = rows(board)[1]
    assert oracle.signatures == {"bleu": theirs}
    assert "bleu" in oracle.scores


def test_a_reference_that_another_version_has_scored_is_not_compared(
    make_primary, score_yardsticks, build_board
):
    make_primary(POOR, system="poor")
    score_yardsticks()
    of_oracle = Score.objects.filter(entry__kind="oracle", metric="bleu")
    of_oracle.update(signature=of_oracle.get().signature.replace("version:2", "version:1"))

    oracle = rows(build_board())[1]

    assert "bleu" not in oracle.scores
    assert "chrf" in oracle.scores


def test_a_board_of_yardsticks_alone_has_columns(score_yardsticks, build_board):
    score_yardsticks()

    board = build_board()

    assert [row.kind for row in rows(board)] == ["oracle", "copy"]
    assert "bleu" in board.signatures
