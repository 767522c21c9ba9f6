"""Numbers from searches that were cut short: boards, differences and entry pages mark them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Team
from demo import printing
from leaderboard.models import BoardSnapshot
from leaderboard.snapshots import Board
from sharedtasks import models
from sharedtasks.models import Phase
from submissions.models import Entry, Score
from tests.integration.board_rows import Made, build, fill

BOARD = "/boards/spring/test/en-fr"
NOTE = "* A search for this number reached its limit in some segments and was cut short."
MARK = '<span class="cut-short" aria-hidden="true">*</span>'
HIDDEN = '<span class="visually-hidden"> (search cut short)</span>'


@pytest.fixture
def site(make_bare_test_set, alice, team, other_team):
    """A board with two systems."""
    Team.objects.update(is_verified=True)
    test_set = make_bare_test_set()
    rows = [Made(team, "A", 60.0, is_primary=True), Made(other_team, "B", 50.0, is_primary=True)]
    return test_set, fill(test_set, alice, rows)


def cut(entry, metric, **details):
    """Write a score's parts, as after a search that was cut short."""
    assert entry.scores.filter(metric=metric).update(details=details)
    build(entry.test_set)


def list_marked(text):
    """Return the metrics of the numbers that have the mark, in the page's order."""
    numbers = re.findall(r'<data class="score"[^>]*data-metric="([^"]*)"[^>]*>(.*?)</data>', text)
    return [metric for metric, content in numbers if content.endswith(MARK + HIDDEN)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metric", "details", "is_marked"),
    [
        ("term-success", {"required": 9, "flagged": 1}, True),
        ("term-window-overlap-3", {"counted": 12, "flagged": 40}, True),
        ("term-1-ter", {"stopped_searches": 2}, True),
        ("wmt21-1-term", {"stopped_searches": 1}, True),
        ("wmt26-exclusive", {"flagged": 3, "upper_bound": 7}, True),
        ("term-success", {"required": 9, "flagged": 0}, False),
        ("term-1-ter", {"stopped_searches": 0}, False),
        ("bleu", {}, False),
        ("term-success", {"lemma": "flagged"}, False),
    ],
)
def test_a_board_marks_such_a_number_and_no_other(client, site, metric, details, is_marked):
    _, (first, _) = site
    cut(first, metric, **details)

    text = client.get(BOARD).text

    assert list_marked(text) == [metric] * is_marked
    assert text.count('class="cut-short"') == is_marked
    assert text.count(NOTE) == is_marked


@pytest.mark.django_db
def test_yardsticks_have_the_mark_too(client, site, stored_file):
    test_set, _ = site
    own = Entry.objects.create(
        kind="copy", test_set=test_set, system="copy", hypotheses=stored_file, state="scored"
    )
    signature = Score.objects.filter(metric="term-1-ter").first().signature
    Score.objects.create(entry=own, metric="term-1-ter", value=1.0, signature=signature)
    cut(own, "term-1-ter", stopped_searches=5)

    text = client.get(BOARD).text

    assert list_marked(text) == ["term-1-ter"]
    assert NOTE in text


@pytest.mark.django_db
def test_only_the_shown_score_of_a_metric_counts(client, site):
    """A score by a newer version, or by another list of terms, is not the board's."""
    test_set, (first, _) = site
    for metric, signature in (
        ("term-success", f"scorer:term-success|v:9|testset:{test_set.pk}"),
        ("term-success@random", "scorer:term-success|v:1|testset:other"),
    ):
        Score.objects.create(
            entry=first, metric=metric, value=1.0, signature=signature, details={"flagged": 4}
        )
    build(test_set)

    text = client.get(BOARD).text

    assert list_marked(text) == []
    assert NOTE not in text


@pytest.mark.django_db
def test_the_note_stands_only_below_a_table_with_a_marked_cell(client, site):
    _, (first, second) = site
    cut(second, "term-1-ter", stopped_searches=1)  # no headline: the start page does not show it
    assert NOTE in client.get(BOARD).text
    assert NOTE not in client.get(BOARD, {"team": first.team.slug}).text
    assert NOTE not in client.get("/").text

    cut(first, "term-success", flagged=1)
    text = client.get("/").text
    assert list_marked(text) == ["term-success"]
    assert NOTE in text


@pytest.mark.django_db
def test_a_polling_page_learns_of_a_mark(client, site):
    _, (first, _) = site
    seen = re.search(r"seen=(\w+)", client.get(BOARD).text)[1]
    ask = {"headers": {"HX-Target": "board"}}
    assert client.get(f"{BOARD}?seen={seen}", **ask).status_code == 204

    cut(first, "term-success", flagged=1)  # with the same number

    assert client.get(f"{BOARD}?seen={seen}", **ask).status_code == 200


@pytest.mark.django_db
def test_a_blind_board_has_the_marks(client, site, phase):
    _, (first, second) = site
    Phase.objects.filter(pk=phase.pk).update(kind="blind", own_scores_at=None, team_names_at=None)
    cut(second, "term-1-ter", stopped_searches=1)

    text = client.get(BOARD).text

    assert first.team.name not in text
    assert list_marked(text) == ["term-1-ter"]
    assert NOTE in text


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["proper", "noterm"])
def test_a_difference_from_such_a_number_has_the_mark(client, site, make_bare_test_set, mode):
    test_set, (first, _) = site
    noterm = make_bare_test_set(mode="noterm")
    [without] = fill(noterm, first.submission.member, [Made(first.team, "A", 40.0)])
    Score.objects.filter(metric="bleu").update(signature="scorer:bleu")
    build(test_set)
    build(noterm)
    assert 'id="changes-frame"' in client.get(BOARD).text
    assert MARK not in client.get(BOARD).text

    cut(first if mode == "proper" else without, "bleu", flagged=1)

    table = client.get(BOARD).text.partition('id="changes-frame"')[2]
    assert f"+20.0{MARK}{HIDDEN}</td>" in table
    assert table.count(MARK) == 1
    assert NOTE in table


@pytest.mark.django_db
def test_an_older_snapshot_is_read_and_has_no_marks(client, site):
    test_set, (first, _) = site
    cut(first, "term-success", flagged=1)
    snapshot = BoardSnapshot.objects.get(test_set=test_set)
    assert snapshot.body.pop("cut_short") == {str(first.pk): ["term-success"]}
    snapshot.save()

    assert Board.from_json(snapshot.body, snapshot.teams).row(0).cut_short == ()
    assert list_marked(client.get(BOARD).text) == []


@pytest.mark.django_db
def test_the_entry_page_marks_the_number_and_says_in_how_many_segments(alices, site):
    _, (first, _) = site
    cut(first, "term-1-ter", stopped_searches=3)
    Score.objects.create(
        entry=first, metric="term-success@random", value=5.0, signature="any",
        details={"flagged": 2},
    )  # fmt: skip

    text = alices.get(first.get_absolute_url()).text

    assert text.count(MARK + HIDDEN + "</data>") == 2
    assert "search for shifts cut short in 3 segments" in text
    assert "search cut short in 2 segments" in text


@pytest.mark.django_db
def test_the_demo_prints_the_mark_and_numbers_stay_in_a_line(site, capsys):
    test_set, (first, _) = site
    printing.print_board(test_set.pk)
    assert "*" not in capsys.readouterr().out

    cut(first, "term-success", flagged=1)
    printing.print_board(test_set.pk)

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "* A search was cut short in some segments."
    assert "60.0*" in lines[-3]
    assert lines[-3].index("60.0*") == lines[-2].index("50.0 ")


@pytest.mark.django_db(transaction=True)
def test_boards_of_earlier_releases_are_built_again_if_they_need_marks(
    site, make_bare_test_set, alice, team
):
    test_set, (first, _) = site
    cut(first, "term-success", flagged=1)
    other = make_bare_test_set(mode="noterm")
    fill(other, alice, [Made(team, "A", 40.0)])
    before = dict(models.TestSet.objects.values_list("pk", "results_version"))
    executor = MigrationExecutor(connection)
    try:
        executor.migrate([("leaderboard", "0004_build_boards_with_submissions")])
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    assert dict(models.TestSet.objects.values_list("pk", "results_version")) == {
        test_set.pk: before[test_set.pk] + 1,
        other.pk: before[other.pk],
    }
