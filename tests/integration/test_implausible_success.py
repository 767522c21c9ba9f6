"""Success without terms that is implausible beside the other systems': the rule, and the notice."""

from __future__ import annotations

import pytest

from accounts.models import Team
from leaderboard.implausible import find_implausible
from leaderboard.snapshots import Board, BoardRow
from sharedtasks.models import Mode
from tests.integration.board_rows import Made, fill

NOTERM = Mode(name="noterm", label="no terms", gives_terms=False)
OTHERS = {
    "proper": Mode(name="proper", label="proper terms", gives_terms=True),
    "sample": Mode(name="sample", label="samples", gives_terms=False, gives_samples=True),
}


def make_board(values, kinds=None):
    """Return a board with a row for each value; a number before `:` is the team."""
    rows = []
    for number, value in enumerate(values, 1):
        team, score = value if isinstance(value, tuple) else (number, value)
        rows.append(
            BoardRow(
                entry=number, submission=number, kind=(kinds or {}).get(number, "system"),
                team_id=team, team=f"T{team}", team_slug=f"t{team}", is_verified=True,
                is_organisers=False, system=f"S{number}", description="", is_primary=True,
                is_constrained=True, terminology_use="", alias="", place="", position=None,
                scores={} if score is None else {"term-success": score},
            )
        )  # fmt: skip
    return Board.of(rows, order=["term-success"], references=1, signatures={"term-success": "x"})


@pytest.mark.parametrize(
    ("values", "suspects"),
    [
        ([97.4, 47, 42, 40, 38], ["S1"]),  # WMT25's case
        ([60.1, 40, 40, 40, 40], ["S1"]),  # 20 points above others that are all equal
        ([60.0, 40, 40, 40, 40], []),  # exactly 20
        ([97, 47, 42, 40], []),  # three others are too few
        ([97, 47, 42, 40, None], []),  # so are three with a score
        ([75, 10, 20, 30, 40, 50], []),  # the others differ as much among themselves
        ([96, 0, 38, 40, 42, 44, 45], ["S1"]),  # one is broken, which excuses nobody
        ([98, 97, 40, 41, 42, 43], ["S1", "S2"]),  # two
        ([(1, 98), (1, 97), (1, 96), (1, 95), 40, 41, 42, 43], ["S1", "S2", "S3", "S4"]),
        ([(1, 98), (2, 40), (2, 41), (2, 42), (2, 43)], []),  # a single other team
        ([3, 40, 41, 42, 43], []),  # far below is another matter
    ],
)
def test_a_system_far_above_the_other_teams_is_named(values, suspects):
    assert [row.system for row in find_implausible(make_board(values), NOTERM)] == suspects


def test_references_are_no_others_and_no_suspects():
    board = make_board([99, 97, 47, 42, 40], {1: "oracle"})

    assert find_implausible(board, NOTERM) == []  # S2 has three others


@pytest.mark.parametrize("mode", OTHERS.values(), ids=OTHERS)
def test_where_systems_are_given_something_nothing_is_odd(mode):
    assert find_implausible(make_board([97.4, 47, 42, 40, 38]), mode) == []


def test_a_board_without_the_metric_says_nothing():
    board = Board.of([], order=["bleu"], references=1, signatures={"bleu": "x"})

    assert find_implausible(board, NOTERM) == []


@pytest.mark.django_db
def test_organisers_alone_read_it_on_the_board(as_role, make_bare_test_set, alice):
    test_set = make_bare_test_set(mode="noterm")
    made = [("Winner", 97.4), ("B", 47.0), ("C", 42.0), ("D", 40.0), ("E", 39.0)]
    teams = [
        Team.objects.create(name=name, slug=name.lower(), is_verified=True) for name, _ in made
    ]
    rows = [Made(team, "sys-1", value) for team, (_, value) in zip(teams, made, strict=True)]
    fill(test_set, alice, rows)
    address = "/boards/spring/test/en-fr.noterm"
    sentence = "sys-1 (Winner) has a term success of 97.4 without being given terms; the median"

    assert sentence in as_role("organiser").get(address).text
    for role in ("visitor", "alice"):
        page = as_role(role).get(address).text
        assert "Winner" in page
        assert "without being given terms" not in page
