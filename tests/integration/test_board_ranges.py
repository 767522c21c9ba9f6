"""Ranges of places on boards: computed from stored statistics, when a board is quiet."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from accounts.models import Team
from evaluator.cli import main
from leaderboard import boards, comparing, ranges
from leaderboard.models import BoardRanges, BoardSnapshot
from leaderboard.tasks import compute_ranges
from sharedtasks import models, testsets
from submissions.models import Entry, Rescore, Score, StateChange, Submission
from tests.integration.announced import import_announced
from tests.integration.board_rows import Made, fill

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
WORDS = "tablet fever order cough needle drop dose sleep".split()
FRENCH = "comprimé fièvre commande toux aiguille goutte dose sommeil".split()
SEGMENTS = 12
WRONG = {"good": (3,), "twin": (3,), "fair": (1, 4, 6, 9), "poor": range(11)}


@pytest.fixture
def files(tmp_path):
    """A test set, a terminology and four systems, two of them equal."""
    rows, terms = ["seg_id\ttuid\tsource\ttarget"], zip(WORDS, FRENCH, strict=True)
    for number in range(SEGMENTS):
        word, french = WORDS[number % 8], FRENCH[number % 8]
        rows.append(f"{number}\td{number // 3}:{number}\tThe {word} is here.\tVoici {french}.")
    (tmp_path / "test.en-fr.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "terms.en-fr.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in terms))
    for name, wrong in WRONG.items():
        lines = [
            f"Voici {'rien' if number in wrong else FRENCH[number % 8]}."
            for number in range(SEGMENTS)
        ]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def test_set(files, phase):
    read = {name: (files / name).read_bytes() for name in ("test.en-fr.tsv", "terms.en-fr.tsv")}
    given = testsets.TestSetFiles(
        source=BytesIO(read["test.en-fr.tsv"]),
        references=(),
        names=("test.en-fr.tsv",),
        terminologies=((BytesIO(read["terms.en-fr.tsv"]), "terms.en-fr.tsv"),),
    )
    return import_announced(
        phase=phase,
        source_language="en",
        target_language="fr",
        files=given,
        text_form="raw",
    )


@pytest.fixture
def send(files, make_primary):
    """Score the systems as primaries of verified teams; return their entries by name."""

    def run(*names):
        return {
            name: make_primary(tuple((files / f"{name}.txt").read_text().splitlines()), system=name)
            for name in names
        }

    return run


def compute(test_set):
    boards.rebuild(test_set.pk)
    is_new = ranges.compute(test_set.pk)
    boards.rebuild(test_set.pk)
    return is_new


def order_by(test_set, *metrics):
    models.TestSet.objects.filter(pk=test_set.pk).update(
        official_order=list(metrics), ranked_version=0
    )


def read_ranges(test_set):
    columns = BoardSnapshot.objects.get(test_set=test_set).body["columns"]
    return dict(zip(columns["system"], columns["range"], strict=True))


def ask_compare(files, capsys, *metrics):
    command = ["compare", "--source", str(files / "test.en-fr.tsv"), "--target-language", "fr"]
    command += ["--terminology", str(files / "terms.en-fr.tsv"), "--json"]
    for name in WRONG:
        command += ["--hypotheses", str(files / f"{name}.txt")]
    assert main([*command, "--metrics", *metrics]) == 0
    return json.loads(capsys.readouterr().out)


def write(places):
    return str(places[0]) if places[0] == places[1] else f"{places[0]}–{places[1]}"


def test_a_board_says_what_the_command_says(client, files, send, test_set, capsys):
    entries = send(*WRONG)
    names = {entry.pk: f"{name}.txt" for name, entry in entries.items()}
    for metrics in (["term-success", "chrf++"], ["term-success"], ["chrf"], ["chrf", "bleu"]):
        order_by(test_set, *metrics)
        assert compute(test_set)
        answer = ask_compare(files, capsys, *metrics)
        body = BoardRanges.objects.get().body
        for ours, theirs in zip(body["comparisons"], answer["comparisons"], strict=True):
            assert [names[pk] for pk in ours["entries"]] == [s["name"] for s in theirs["systems"]]
            upper = [row[number + 1 :] for number, row in enumerate(theirs["p_values"])]
            assert (ours["p_values"], ours["signature"]) == (upper, theirs["signature"])
            assert (ours["lines"], theirs["signature"][:9]) == (theirs["lines"], "sig:flips")
        if len(metrics) == 1 or "term-success" in metrics:  # the command knows no other order
            official = answer["order"] if len(metrics) > 1 else answer["comparisons"][0]
            expected = {own["name"][:-4]: write(own["range"]) for own in official["systems"]}
            assert read_ranges(test_set) == expected
            board = client.get(f"{BOARD}/board.json").json()
            assert board["lines"] == official["lines"]
            assert [row["place"] for row in board["rows"]] == ["1=", "1=", "3", "4"]
        below = [row["system"] for row in board["rows"] if row["is_below_a_line"]]
        assert len(below) == len(board["lines"])


def test_a_page_shows_ranges_their_time_lines_and_what_follows(
    client, send, test_set, make_scored_entry, phase, as_role
):
    send("good", "poor")
    boards.rebuild(test_set.pk)
    assert "Ranges of places follow." in client.get(BOARD).text
    order_by(test_set, "term-success")
    assert compute(test_set)

    text = client.get(BOARD).text
    assert "with 95 % confidence a place lies in its range; a line parts systems" in text
    assert text.count("begins-cluster") == 1
    assert "range follows" not in text
    assert "begins-cluster" not in client.get(BOARD, {"sort": "bleu"}).text

    send("fair")
    boards.rebuild(test_set.pk)
    assert read_ranges(test_set) == {"good": "1", "fair": "", "poor": "2"}
    text = client.get(BOARD).text
    assert (text.count("· range follows"), text.count("begins-cluster")) == (1, 1)
    assert "1= is a place" not in text
    send("twin")
    boards.rebuild(test_set.pk)
    assert "1= is a place that equal systems share" in client.get(BOARD).text
    type(phase).objects.update(team_names_at=timezone.now() + timedelta(hours=1))
    assert client.get(BOARD).text.count("begins-cluster") == 1
    assert "range follows" not in (compute(test_set) and client.get(BOARD).text)

    words = "the first place. Without any single document of the 4 it is the same."
    for role, is_told in (("organiser", True), ("visitor", False)):
        assert (words in as_role(role).get(BOARD).text) == is_told

    make_scored_entry(("Rien.",) * SEGMENTS, system="contrastive")
    assert not compute(test_set)  # the ranked systems are the same
    order_by(test_set, "bleu")
    boards.rebuild(test_set.pk)
    assert set(read_ranges(test_set).values()) == {""}  # those were by another order


def test_ranges_that_cannot_be_computed_say_why(client, send, test_set, monkeypatch):
    send("good", "poor")
    order_by(test_set, "chrf")

    def read_page():
        BoardRanges.objects.all().delete()
        assert compute(test_set)
        assert set(read_ranges(test_set).values()) == {""}
        return client.get(BOARD).text

    for score in Score.objects.filter(metric="bleu"):
        signature = score.signature.replace("unit:segment", "unit:document")
        Score.objects.filter(pk=score.pk).update(signature=signature)
    order_by(test_set, "chrf", "bleu")
    assert "No ranges of places: the metrics of the order count different units." in read_page()
    order_by(test_set, "chrf")
    for limit in ("MOST_SYSTEMS", "MOST_BY_FLIPS"):
        monkeypatch.setattr(comparing, limit, 1)
        assert "No ranges of places: too many systems (2) for significance." in read_page()
        monkeypatch.undo()
    monkeypatch.setattr("evaluator.significance.comparison.FEWEST_FOR_P", SEGMENTS + 1)
    text = read_page()
    assert "No ranges of places: too few segments (12) for significance." in text
    assert "range follows" not in text
    monkeypatch.undo()
    Score.objects.filter(entry__system="poor", metric="chrf").update(statistics=None)
    assert "No ranges of places: 1 of 2 systems have no stored statistics." in read_page()
    Entry.objects.filter(system="good").update(is_primary=False)
    assert "range follows" not in read_page()  # a single system waits for none


# When ranges are due ----------------------------------------------------------------------


@pytest.fixture
def quiet(make_bare_test_set, alice):
    """A board with a ranked system and an entry of the same team."""
    team = Team.objects.create(name="T", slug="t", is_verified=True)
    test_set = make_bare_test_set()
    fill(test_set, alice, [Made(team, "A", is_primary=True), Made(team, "B")])
    return test_set


def change_entry(**columns):
    Entry.objects.filter(system="B").update(**columns)


def move(*, seconds, new="scored"):
    at = timezone.now() - timedelta(seconds=seconds)
    entry = Entry.objects.get(system="B")
    StateChange.objects.create(entry=entry, kind="move", old="scoring", new=new, at=at)


def rescore(*, state="scoring", seconds=60):
    at = timezone.now() - timedelta(seconds=seconds)
    Rescore.objects.create(entry=Entry.objects.get(system="A"), state=state, state_since=at)


@pytest.mark.parametrize(
    ("prepare", "announced"),
    [
        (lambda: None, 1),
        (lambda: change_entry(state="scoring"), 0),
        (lambda: Submission.objects.filter(system="B").update(state="checking"), 0),
        (lambda: change_entry(state="waiting"), 1),  # for a node: perhaps for days
        (lambda: change_entry(state="running"), 1),
        (lambda: move(seconds=20), 0),
        (lambda: move(seconds=29, new="failed"), 0),
        (lambda: move(seconds=31), 1),
        (lambda: rescore(), 0),
        (lambda: rescore(state="scored", seconds=20), 0),
        (lambda: rescore(state="failed", seconds=31), 1),
        (lambda: models.TestSet.objects.update(ranked_version=0), 0),  # there is no board yet
    ],
)
def test_a_board_is_announced_when_it_is_quiet(quiet, prepare, announced, messages):
    prepare()

    with messages() as sent:
        assert ranges.announce_due() == announced
        assert ranges.announce_due() == 0  # not again within five minutes

    assert sent == [("leaderboard.compute_ranges", quiet.pk)] * announced


def test_a_lost_message_is_sent_again_and_known_ranges_are_not_computed(quiet, settings):
    settings.RANGES_EVERY = 60
    for age, announced in ((0, 1), (59, 0), (61, 1), (3600, 1)):
        begun = timezone.now() - timedelta(seconds=age)
        BoardRanges.objects.update(begun_at=begun)
        assert ranges.announce_due() == announced
    compute_ranges.apply(args=[quiet.pk])
    BoardRanges.objects.update(begun_at=timezone.now() - timedelta(hours=1))
    assert ranges.announce_due() == 0
    boards.rebuild(quiet.pk)
    assert ranges.announce_due() == 0  # the board with the ranges is no reason to compute them
    models.TestSet.objects.update(results_version=90)
    boards.rebuild(quiet.pk)
    assert ranges.announce_due() == 1


def test_results_that_come_in_meanwhile_make_ranges_due_again(quiet, monkeypatch):
    def compute_slowly(ranked, test_set):
        models.TestSet.objects.update(results_version=50)
        return compare_ranked(ranked, test_set)

    compare_ranked = comparing.compare_ranked
    monkeypatch.setattr(ranges, "compare_ranked", compute_slowly)
    assert ranges.compute(quiet.pk)
    boards.rebuild(quiet.pk)
    assert ranges.announce_due() == 1
