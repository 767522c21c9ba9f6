"""Boards under embargo: each role at each instant, in pages, pieces and headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Team
from leaderboard.aliases import make_aliases
from leaderboard.models import BoardSnapshot
from sharedtasks.models import Phase
from submissions.models import Entry
from tests.integration.board_rows import Made, build, fill

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
POLL = {"HX-Request": "true", "HX-Target": "board"}
OPENS = datetime(2030, 3, 5, 12, 0, tzinfo=UTC)  # the board
NAMES = datetime(2030, 3, 9, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')  # another one each time
ASKED = [
    {},
    {"sort": "bleu"},
    {"team": "babel"},
    {"team": "lexica", "entries": "primary", "dense": "1", "page": "2"},
]


@pytest.fixture
def bare(phase, make_bare_test_set):
    """A test set in a blind phase: first its board opens, then its names."""
    Phase.objects.filter(pk=phase.pk).update(
        kind="blind", opens_at=OPENS - timedelta(days=9), closes_at=OPENS - timedelta(days=2),
        own_scores_at=OPENS - timedelta(days=9), board_at=OPENS, team_names_at=NAMES,
    )  # fmt: skip
    phase.refresh_from_db()
    return make_bare_test_set()


@pytest.fixture
def rows(bare, alice, team, other_team):
    """Two systems of alice's team, one of charlie's, one baseline."""
    Team.objects.update(is_verified=True)
    organisers = Team.objects.create(
        name="Chairs", slug="chairs", is_verified=True, is_organisers=True
    )
    return [
        Made(team, "Marian", 61.7171, is_primary=True, description="Copies the glossary."),
        Made(team, "Moses", 60.2323),
        Made(other_team, "Tower", 62.4949, is_primary=True, description="Builds upwards."),
        Made(organisers, "Nolanguage", 33.8787),
    ]


def answers(client, paths=(BOARD, "/")):
    """Return all that a reader can get of a board: pages, pieces and their headers."""
    found = []
    for path in paths:
        for query in ASKED:
            for headers in ({}, POLL):
                response = client.get(path, query, headers=headers)
                text = TOKEN.sub("", response.text)
                kept = {name: response.headers.get(name) for name in ("Cache-Control", "Vary")}
                found.append((response.status_code, text, kept, response.headers.get("ETag")))
    return found


def secrets(entries):
    """Return what would tell whose the rows are."""
    names = ["Lexica", "lexica", "Marian", "Moses", "Copies the glossary", "Babel", "babel",
             "Tower", "Builds upwards", "Chairs", "Nolanguage"]  # fmt: skip
    links = [f"/entries/{entry.pk}" for entry in entries]
    return names + links + [f"about-{entry.pk}" for entry in entries]


def told(client, words, paths=(BOARD, "/")):
    """Return which of the words stand in what a reader gets, unless they asked for them."""
    texts = [client.get(path, headers=h).text for path in paths for h in ({}, POLL)]
    return {word for word in words for text in texts if word in text}


# Before the board opens -------------------------------------------------------------------


@pytest.mark.parametrize("role", ["visitor", "alice", "bob", "charlie"])
def test_a_hidden_board_is_byte_for_byte_what_it_was_before_anything_was_sent(
    as_role, at, bare, rows, alice, role
):
    at(OPENS - SECOND)
    client = as_role(role)
    before = answers(client)

    fill(bare, alice, rows)

    assert answers(client) == before
    assert not told(client, ["<table", "61.7", "62.4", "systems", "Chairs", "Tower", "chrF2"])


@pytest.mark.parametrize("role", ["visitor", "alice", "charlie"])
def test_a_hidden_board_is_not_even_read(
    as_role, at, bare, rows, alice, role, django_assert_num_queries
):
    fill(bare, alice, rows)
    at(OPENS - SECOND)
    client = as_role(role)

    with django_assert_num_queries(2 if role == "visitor" else 6) as queries:
        client.get(BOARD)

    assert not any(BoardSnapshot._meta.db_table in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("board_at", "words"),
    [(OPENS, "It opens on"), (None, "When it opens has not been announced.")],
)
def test_a_hidden_board_says_when_it_opens(client, at, bare, board_at, words):
    Phase.objects.update(board_at=board_at)
    at(OPENS - SECOND)

    text = client.get(BOARD).text

    assert words in text
    assert ("5 Mar 2030, 12:00 UTC" in text) == (board_at is not None)


def test_an_organiser_sees_it_and_is_told_that_others_do_not(as_role, at, bare, rows, alice):
    fill(bare, alice, rows)
    at(OPENS - SECOND)

    text = as_role("organiser").get(BOARD).text

    assert "Hidden from others</strong> until" in text
    assert "Names hidden from others</strong> until" in text
    assert "Tower" in text
    assert "Babel" in text


def test_a_board_that_opens_appears_by_itself(client, at, bare, rows, alice):
    fill(bare, alice, rows)
    at(OPENS - SECOND)
    seen = client.get(BOARD).context["board"].seen
    assert client.get(BOARD, {"seen": seen}, headers=POLL).status_code == 204

    at(OPENS)

    assert "62.5" in client.get(BOARD, {"seen": seen}, headers=POLL).text


# Before names follow ----------------------------------------------------------------------


@pytest.mark.parametrize("instant", [OPENS, NAMES - SECOND])
@pytest.mark.parametrize(
    ("role", "own"),
    [
        ("visitor", set()),
        ("alice", {"Lexica", "Marian", "Moses", "Copies the glossary"}),
        ("bob", {"Lexica", "Marian", "Moses", "Copies the glossary"}),
        ("charlie", {"Babel", "Tower", "Builds upwards"}),
    ],
)
def test_only_ones_own_rows_are_named(as_role, at, bare, rows, alice, instant, role, own):
    entries = fill(bare, alice, rows)
    at(instant)
    client = as_role(role)

    found = told(client, secrets(entries))

    links = {word for word in found if word.startswith(("/entries/", "about-"))}
    owned = [e for e in entries if role in ("alice", "bob") and e.system in ("Marian", "Moses")]
    owned += [e for e in entries if role == "charlie" and e.system == "Tower"]
    assert found - links == own
    assert {word for word in links if word.startswith("/")} == {f"/entries/{e.pk}" for e in owned}
    assert client.get(BOARD).text.count("tag-own") == len(owned)


def test_rows_without_names_keep_their_scores_roles_and_tracks(client, at, bare, rows, alice):
    fill(bare, alice, rows)
    at(OPENS)

    text = client.get(BOARD).text

    assert 'value="62.4949"' in text
    assert text.count("tag-primary") == 2
    assert text.count(">constrained</td>") == 4
    assert "organisers’ baseline" in text
    assert 'name="team"' not in text
    assert "Their names follow on" in text
    assert len(set(re.findall(r"System [2-9B-Z]{4,}", text))) == 4


@pytest.mark.parametrize("query", [{"team": "babel"}, {"team": "nobody"}])
def test_a_filter_by_team_can_not_be_used_to_find_out(client, at, bare, rows, alice, query):
    fill(bare, alice, rows)
    at(OPENS)

    assert client.get(BOARD, query).text == client.get(BOARD).text


def test_made_up_names_stay_when_others_arrive(client, at, bare, rows, alice):
    at(OPENS)
    fill(bare, alice, rows[:2])
    before = set(re.findall(r"System [2-9B-Z]{4,}", client.get(BOARD).text))

    fill(bare, alice, rows[2:])

    after = set(re.findall(r"System [2-9B-Z]{4,}", client.get(BOARD).text))
    assert before < after


@pytest.mark.parametrize("sort", ["", "bleu"])
def test_equal_scores_do_not_tell_who_came_first(client, at, bare, team, alice, sort):
    fill(bare, alice, [Made(team, f"S{number}", 50.0) for number in range(12)])
    at(OPENS)

    shown = re.findall(r"<strong>(System \w+)</strong>", client.get(BOARD, {"sort": sort}).text)

    assert len(shown) == 12
    assert shown == sorted(shown)
    in_order_of_upload = list(make_aliases(Entry.objects.values_list("pk", flat=True)).values())
    assert shown != in_order_of_upload


def test_baselines_without_names_do_not_tell_which_came_first(client, at, bare, alice):
    chairs = Team.objects.create(name="Chairs", slug="chairs", is_organisers=True)
    names = [f"B{number:02}" for number in range(12)]
    fill(bare, alice, [Made(chairs, name, 50.0 - i) for i, name in enumerate(names)])

    at(OPENS)
    shown = re.findall(r"<strong>(System \w+)</strong>", client.get(BOARD).text)
    assert len(shown) == 12
    assert shown == sorted(shown)
    assert shown != list(make_aliases(Entry.objects.values_list("pk", flat=True)).values())

    at(NAMES)
    assert re.findall(r"<strong>(B\d+)</strong>", client.get(BOARD).text) == names


@pytest.mark.parametrize("role", ["visitor", "alice", "charlie", "organiser"])
def test_everybody_sees_names_from_their_instant_on(as_role, at, bare, rows, alice, role):
    fill(bare, alice, rows)
    at(NAMES)

    text = as_role(role).get(BOARD).text

    assert all(name in text for name in ("Lexica", "Marian", "Babel", "Tower", "Nolanguage"))
    assert 'name="team"' in text
    assert "System" not in re.findall(r"<strong>(\w+)", text)
    assert "Names hidden" not in text


def test_names_that_are_not_announced_stay_hidden(client, at, bare, rows, alice):
    entries = fill(bare, alice, rows)
    Phase.objects.update(team_names_at=None)
    at(NAMES + timedelta(days=999))

    assert not told(client, secrets(entries))
    assert "When their names follow has not been announced." in client.get(BOARD).text


# Teams that are not verified --------------------------------------------------------------


@pytest.mark.parametrize("role", ["visitor", "alice"])
@pytest.mark.parametrize("instant", [OPENS, NAMES])
def test_what_a_team_sends_before_it_is_verified_changes_nothing_for_others(
    as_role, at, bare, rows, alice, other_team, role, instant
):
    fill(bare, alice, [rows[0], rows[3]])
    Team.objects.filter(pk=other_team.pk).update(is_verified=False)
    other_team.refresh_from_db()
    at(instant)
    client = as_role(role)
    before = answers(client)

    fill(bare, alice, [rows[2]])

    assert answers(client) == before


@pytest.mark.parametrize("role", ["charlie", "organiser"])
def test_a_team_and_the_organisers_see_its_rows_before_it_is_verified(
    as_role, at, bare, rows, alice, other_team, role
):
    Team.objects.filter(pk=other_team.pk).update(is_verified=False)
    for row in rows:
        row.team.refresh_from_db()
    fill(bare, alice, rows)
    at(NAMES)

    response = as_role(role).get(BOARD)

    lines = {line.row.system: line for line in response.context["board"].lines}
    assert (lines["Tower"].row.place, lines["Marian"].row.place) == ("", "1")
    assert response.text.count(">not verified yet</a>") == 1
    assert "Once a team is verified its rows are public." in response.text
    assert "3 systems." in response.text


def test_a_team_that_is_verified_is_public_with_the_next_sweep(
    client, at, bare, rows, alice, other_team
):
    Team.objects.filter(pk=other_team.pk).update(is_verified=False)
    for row in rows:
        row.team.refresh_from_db()
    fill(bare, alice, rows)
    at(NAMES)
    assert "Tower" not in client.get(BOARD).text

    Team.objects.filter(pk=other_team.pk).update(is_verified=True)
    build(bare)

    assert [line.row.place for line in client.get(BOARD).context["board"].lines] == ["1", "2", ""]


# Caches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [BOARD, "/"])
@pytest.mark.parametrize("headers", [{}, POLL])
@pytest.mark.parametrize(
    ("instant", "seconds"),
    [
        (OPENS - timedelta(hours=1), 10),
        (OPENS - timedelta(seconds=3.5), 3),  # never beyond the next instant
        (OPENS - timedelta(seconds=0.5), 0),
        (OPENS, 10),
        (NAMES - timedelta(seconds=2), 2),
        (NAMES, 10),
    ],
)
def test_a_visitors_answer_may_be_kept_until_something_else_is_to_be_seen(
    client, at, bare, path, headers, instant, seconds
):
    at(instant)

    response = client.get(path, headers=headers)

    assert response.headers["Cache-Control"] == f"public, max-age={seconds}"
    assert response.headers["X-Accel-Expires"] == str(max(seconds - 1, 0))  # nginx rounds up
    assert set(response.headers["Vary"].split(", ")) >= {"HX-Target", "Cookie"}
    assert not response.cookies


def test_an_answer_that_nothing_has_changed_is_kept_as_long(client, at, bare):
    at(OPENS)
    seen = client.get(BOARD).context["board"].seen

    response = client.get(BOARD, {"seen": seen}, headers=POLL)

    assert response.status_code == 204
    assert response.headers["Cache-Control"] == "public, max-age=10"


def test_a_demo_polls_each_second_and_keeps_no_longer(client, at, bare, settings):
    settings.DEMO = True
    at(OPENS)

    response = client.get(BOARD)

    assert 'hx-trigger="every 1s"' in response.text
    assert response.headers["Cache-Control"] == "public, max-age=1"


@pytest.mark.parametrize("role", ["alice", "charlie", "organiser"])
@pytest.mark.parametrize("path", [BOARD, "/"])
@pytest.mark.parametrize("headers", [{}, POLL])
def test_nobody_elses_answer_is_kept_by_a_shared_cache(as_role, at, bare, role, path, headers):
    at(OPENS)

    response = as_role(role).get(path, headers=headers)

    assert response.headers["Cache-Control"] == "private, no-cache"
