"""The boards' pages: what stands on them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape

import pytest
from django.utils import timezone

from evaluator.metrics import METRICS, Group
from leaderboard import boards
from submissions.models import Entry
from submissions.pipeline import reference_points, tasks
from tests.integration.samples import FAIR, PERFECT, POOR

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
POLL = {"HX-Request": "true", "HX-Target": "board"}


@pytest.fixture
def three(make_scored_entry, test_set):
    """Three entries on a built board, best last."""
    entries = [
        make_scored_entry(texts, system=system, wants_primary=system == "Best")
        for system, texts in (("Worst", POOR), ("Middle", FAIR), ("Best", PERFECT))
    ]
    boards.rebuild(test_set.pk)
    return entries


def shown(response):
    return re.findall(r"<strong>(?:<a [^>]*>)?(.*?)(?:</a>)?</strong>", response.text)


def test_the_board_ranks_the_systems(client, three):
    response = client.get(BOARD)

    assert shown(response) == ["Best", "Middle", "Worst"]
    assert "0.750" in response.text
    assert response.text.count("tag-primary") == 1


def test_each_number_shows_its_exact_value_and_signature(client, three):
    text = client.get(BOARD).text

    for entry in three:
        for score in entry.scores.all():
            assert f'value="{score.value!r}" data-metric="{score.metric}"' in text
            assert escape(score.signature) in text


def test_the_columns_have_their_metrics_labels_terms_first(client, three):
    text = client.get(BOARD).text
    labels = re.findall(r'data-metric="[^"]*" data-signature=.*?<a [^>]*>([^<&]+)', text)

    scored = {score.metric for score in three[0].scores.all()}
    expected = {group: [] for group in Group}
    for name in (name for name in METRICS if name in scored):
        expected[METRICS[name].group].append(METRICS[name].label)
    assert labels == [label for group in Group for label in expected[group]]
    assert labels[:4] == ["Term success", "Overlap 2", "Overlap 3", "Term TER"]


def test_the_board_takes_four_queries_whatever_is_on_it(
    client, three, django_assert_max_num_queries
):
    with django_assert_max_num_queries(4):  # rows, snapshots, errata, the release
        client.get(BOARD)


def test_a_link_sorts_by_another_metric(client, three):
    response = client.get(BOARD, {"sort": "bleu"})

    assert response.status_code == 200
    assert (
        "Sorted by BLEU; the official order is by the mean of ranks over Term success and chrF++."
        in response.text
    )
    assert shown(response) == ["Best", "Middle", "Worst"]
    assert f'hx-get="{BOARD}?sort=bleu&amp;seen=' in response.text  # the polled address keeps it


@pytest.mark.parametrize("sort", ["nothing", "<script>", "", "a" * 5000])
def test_an_unknown_metric_sorts_officially(client, three, sort):
    response = client.get(BOARD, {"sort": sort})

    assert response.status_code == 200
    assert "Ranked by the mean of ranks over Term success and chrF++." in response.text
    assert "<script>&" not in response.text


def test_an_unchanged_board_answers_204(client, three):
    seen = client.get(BOARD).context["board"].seen

    response = client.get(BOARD, {"seen": seen}, headers=POLL)

    assert response.status_code == 204
    assert response.content == b""


@pytest.mark.parametrize("seen", ["2", "0", "", "x", "99"])
def test_a_board_that_moved_on_is_sent_as_a_piece(client, three, seen):
    response = client.get(BOARD, {"seen": seen}, headers=POLL)

    assert response.status_code == 200
    assert response.text.lstrip().startswith('<section id="board"')
    assert f"seen={response.context['board'].seen}" in response.text


def test_a_reader_who_loads_the_page_gets_it_whole(client, three):
    response = client.get(BOARD, {"seen": "3"})

    assert response.status_code == 200
    assert "<html" in response.text


def test_a_board_without_scores_invites(client, test_set):
    response = client.get(BOARD)

    assert "No system is on the en-fr board yet." in response.text
    assert "/tasks/spring/test/submit" in response.text
    seen = response.context["board"].seen
    assert client.get(BOARD, {"seen": seen}, headers=POLL).status_code == 204


def test_an_absent_score_is_a_dash(client, make_scored_entry, test_set):
    make_scored_entry(system="Whole")
    entry = make_scored_entry(system="Partial")
    entry.scores.filter(metric="wmt21-exact-match").delete()
    boards.rebuild(test_set.pk)

    response = client.get(BOARD)

    assert shown(response) == ["Whole", "Partial"]
    assert 'title="Not defined for this entry">–</span>' in response.text


def test_names_are_text_never_markup(client, make_scored_entry, test_set, team):
    type(team).objects.update(name="<script>alert(1)</script>")
    make_scored_entry(system="<b>Bold</b>")
    boards.rebuild(test_set.pk)

    text = client.get(BOARD).text

    assert "<b>Bold" not in text
    assert "<script>alert" not in text


def test_the_shared_tasks_page_without_a_phase(client, shared_task):
    assert "This shared task has no phase yet" in client.get("/tasks/spring/").text


@pytest.mark.parametrize(
    ("metric", "words", "order"),
    [
        ("bleu", "BLEU, higher is better", "descending"),
        ("over-application", "Over-applied, lower is better", "ascending"),
    ],
)
def test_the_board_says_which_end_is_the_better_one(client, three, test_set, metric, words, order):
    for entry, value in zip(three, (3.0, 1.0, 2.0), strict=True):
        entry.scores.filter(metric=metric).delete()
        entry.scores.create(metric=metric, value=value, signature="s")
    type(test_set).objects.filter(pk=test_set.pk).update(official_order=[metric], results_version=9)
    boards.rebuild(test_set.pk)

    response = client.get(BOARD)

    assert words in response.text
    assert f'aria-sort="{order}"' in response.text
    best_first = ["Worst", "Best", "Middle"]
    assert shown(response) == (best_first if order == "descending" else best_first[::-1])


def test_a_board_whose_first_scores_wait_for_it_says_so(client, make_scored_entry):
    make_scored_entry()

    text = client.get(BOARD).text

    assert "this board is being built. It appears here by itself." in text
    assert 'hx-trigger="every 10s"' in text


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [(-1, 1, "Submit the first one."), (1, 2, "takes submissions from"), (-2, -1, "is over.")],
)
def test_an_empty_board_says_what_can_be_done(client, phase, test_set, opens, closes, words):
    now = timezone.now()
    type(phase).objects.update(
        opens_at=now + timedelta(hours=opens), closes_at=now + timedelta(hours=closes)
    )

    text = client.get(BOARD).text

    assert words in text
    assert ("/tasks/spring/test/submit" in text) == (opens < 0 < closes)


def test_what_scores_mean_is_told_below_the_systems(client, three, test_set):
    reference_points.add_missing()
    for entry in Entry.objects.filter(state="scoring"):
        tasks.score.apply(args=[entry.pk], task_id=f"yardstick-{entry.pk}")
    boards.rebuild(test_set.pk)

    response = client.get(BOARD)

    assert shown(response) == ["Best", "Middle", "Worst", "Reference 1", "Copied source"]
    below = response.text.partition("Reference points")[2]
    assert "against itself" in below
    assert "nothing translated" in below
    assert "3 systems." in response.text  # they are not counted
    assert response.context["board"].ranked == 1


@pytest.mark.parametrize(
    ("references", "words"),
    [(1, "against itself"), (2, "against the other reference"), (4, "against 3 other references")],
)
def test_a_reference_says_against_what_it_is_scored(client, three, test_set, references, words):
    reference_points.add_missing()
    oracle = Entry.objects.get(kind="oracle")
    for number in range(2, references + 1):
        oracle.pk, oracle.system = None, f"reference {number}"
        oracle.save()
    Entry.objects.filter(kind="oracle").update(state="scored")
    type(test_set).objects.filter(pk=test_set.pk).update(results_version=99)
    boards.rebuild(test_set.pk)

    assert words in client.get(BOARD).text


def test_what_a_team_says_of_its_system_can_be_opened(client, three, test_set):
    three[2].submission.description = "Copies <terms>."
    three[2].submission.save()
    type(test_set).objects.filter(pk=test_set.pk).update(results_version=99)
    boards.rebuild(test_set.pk)

    text = client.get(BOARD).text

    assert text.count("<details class=") == 1
    assert "<p>Copies &lt;terms&gt;.</p>" in text


@pytest.mark.parametrize(("role", "links"), [("alice", 3), ("charlie", 0), ("organiser", 3)])
def test_entries_are_linked_for_who_may_open_them(client, three, request, role, links):
    client.force_login(request.getfixturevalue(role))

    text = client.get(BOARD).text

    assert len(re.findall(r'href="/entries/\d+/"', text)) == links
    assert text.count("tag-own") == (3 if role == "alice" else 0)
