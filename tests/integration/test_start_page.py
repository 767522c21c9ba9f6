"""The start page: what this is, who leads, until when and where to submit."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Team
from sharedtasks.models import Phase, SharedTask
from tests.integration.board_rows import Made, fill, many

pytestmark = pytest.mark.django_db

POLL = {"HX-Request": "true", "HX-Target": "board"}
HOUR = timedelta(hours=1)


@pytest.fixture
def make_phase(shared_task):
    """Make a phase whose instants are hours from now."""

    def make(slug, *, opens=-10, closes=10, board=-10, kind="dev", task=shared_task):
        now = timezone.now()
        return Phase.objects.create(
            state="announced",
            shared_task=task,
            slug=slug,
            name=f"{slug} phase",
            kind=kind,
            opens_at=now + opens * HOUR,
            closes_at=None if closes is None else now + closes * HOUR,
            board_at=None if board is None else now + board * HOUR,
            team_names_at=now - 10 * HOUR,
        )

    return make


def shown(response):
    return re.findall(r'class="system"><strong>([^<]*)</strong>', response.text)


def text_of(response):
    return " ".join(re.sub(r"<[^>]*>", "", response.text).split())


def test_it_shows_the_eight_best_of_those_that_are_ranked(client, make_bare_test_set, alice):
    many(make_bare_test_set(), alice, 60)

    response = client.get("/")

    assert shown(response) == [f"System {5 * number}" for number in range(8)]
    assert "8 of 12 ranked systems, best first by Term success." in text_of(response)
    assert 'href="/boards/spring/test/en-fr">The whole board' in response.text


def test_while_nothing_is_ranked_it_shows_what_there_is(client, make_bare_test_set, alice, team):
    fill(make_bare_test_set(), alice, [Made(team, "A", 1.0), Made(team, "B", 2.0)])

    response = client.get("/")

    assert shown(response) == ["B", "A"]
    assert "2 of 2 systems, best first" in text_of(response)


def test_it_shows_the_columns_that_say_most(client, make_bare_test_set, alice, team):
    fill(make_bare_test_set(official_order=["wmt21-exact-match"]), alice, [Made(team, "A")])

    labels = re.findall(r"<th [^>]*data-metric=\"([^\"]*)\"", client.get("/").text)

    assert labels == [
        "term-success", "term-consistency", "over-application", "wmt21-exact-match",
        "wmt25-term-success", "wmt26-exclusive", "bleu", "chrf",
    ]  # fmt: skip


def test_its_tabs_lead_to_the_boards(client, make_bare_test_set):
    for target in ("fr", "zh"):
        make_bare_test_set(target_language=target)

    text = client.get("/").text

    assert 'href="/boards/spring/test/en-fr" aria-current="page">English → French' in text
    assert 'href="/boards/spring/test/en-zh">English → Chinese' in text


def test_it_polls_its_board(client, make_bare_test_set, alice, team):
    bare = make_bare_test_set()
    fill(bare, alice, [Made(team, "A", 1.0)])
    seen = re.search(r"seen=(\w+)", client.get("/").text)[1]
    assert client.get("/", {"seen": seen}, headers=POLL).status_code == 204

    fill(bare, alice, [Made(team, "B", 2.0)])

    response = client.get("/", {"seen": seen}, headers=POLL)
    assert response.text.lstrip().startswith('<section id="board"')
    assert shown(response) == ["B", "A"]
    assert "<h2>" in response.text  # the heading comes along: the board may be another one


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        # The last that has a board to show …
        ([("dev", {"opens": -9}), ("test", {"opens": -5})], "test"),
        # … which a blind one is not before its instant …
        ([("dev", {"opens": -9}), ("test", {"opens": -5, "board": 3})], "dev"),
        ([("dev", {"opens": -9}), ("test", {"opens": -5, "board": None})], "dev"),
        # … and a post-evaluation repeats what is decided.
        ([("test", {"opens": -9}), ("post", {"opens": -5, "kind": "post"})], "test"),
        ([("test", {"board": None}), ("post", {"kind": "post"})], "post"),
        # Nothing to show: the first one says when it opens.
        ([("test", {"board": 3}), ("later", {"board": 5})], "test"),
    ],
)
def test_it_is_about_the_phase_that_counts(
    client, make_phase, make_bare_test_set, phases, expected
):
    Phase.objects.all().delete()
    for slug, options in phases:
        make_bare_test_set(phase=make_phase(slug, **options))

    assert f'<h2><a href="/boards/spring/{expected}/en-fr">' in client.get("/").text


def test_an_older_shared_task_gives_way(client, make_phase, make_bare_test_set):
    make_bare_test_set()
    newer = SharedTask.objects.create(state="announced", slug="autumn", name="Autumn edition")
    phase = make_phase("dev", task=newer)
    make_bare_test_set(phase=phase)

    response = client.get("/")

    assert f"Autumn edition, {phase.name}: English → French" in response.text
    assert "Spring edition" in response.text  # among the shared tasks


@pytest.mark.parametrize(
    ("closes", "words"),
    [
        ([50, 30], "phase-1 phase of Spring edition closes on"),  # the first to close
        ([None, 2.5], "phase-1 phase of Spring edition closes on"),
        ([None], "Open now: phase-0 phase of Spring edition, without a deadline"),
        ([-1], ""),
    ],
)
def test_it_tells_the_next_deadline_and_where_to_submit(
    client, make_phase, make_bare_test_set, closes, words
):
    Phase.objects.all().delete()
    for number, hours in enumerate(closes):
        make_bare_test_set(phase=make_phase(f"phase-{number}", closes=hours))

    response = client.get("/")

    assert words in text_of(response)
    number = 1 if "phase-1" in words else 0
    submit = f'href="/tasks/spring/phase-{number}/submit"'
    assert (submit in response.text) == bool(words)
    assert 'href="/tasks/spring/">How it works</a>' in response.text


def test_a_phase_that_nothing_can_be_submitted_to_is_not_announced(client, make_phase, phase):
    make_phase("dev")

    assert "closes" not in client.get("/").text


@pytest.mark.parametrize("test_sets", [1, 30])
def test_a_visitor_costs_four_queries(
    client, make_phase, make_bare_test_set, alice, test_sets, django_assert_num_queries
):
    first = make_bare_test_set()
    for version in range(2, test_sets + 1):
        make_bare_test_set(version=version)
        make_bare_test_set(phase=make_phase(f"phase-{version}", board=5))
    many(first, alice, 20)

    # Shared tasks, phases, test sets, the one snapshot.
    with django_assert_num_queries(4):
        client.get("/")


def test_names_of_a_team_that_is_not_verified_are_not_there(client, make_bare_test_set, alice):
    unknown = Team.objects.create(name="Unknown", slug="unknown")
    fill(make_bare_test_set(), alice, [Made(unknown, "A", is_primary=True)])

    response = client.get("/")

    assert shown(response) == []
    assert "No system is on the en-fr board yet." in text_of(response)


def test_the_start_page_before_the_first_shared_task(client, db):
    response = client.get("/")

    assert response.status_code == 200
    assert "There is no shared task yet." in response.text


def test_the_start_page_with_a_shared_task_that_has_nothing_yet(client, shared_task):
    response = client.get("/")

    assert response.status_code == 200
    assert "Spring edition" in response.text


@pytest.mark.parametrize("query", [{}, {"seen": ""}, {"seen": "3"}])
def test_polling_the_start_page_without_a_board_breaks_nothing(client, shared_task, query):
    assert client.get("/", query, headers=POLL).status_code < 500
