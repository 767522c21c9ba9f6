"""Pages with a board that a process keeps: who gets them, how long, and what never is in them."""

from __future__ import annotations

import gzip
import itertools
import random
import re
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team
from leaderboard import kept_boards, kept_facts, kept_pages, one_at_a_time, views
from leaderboard.models import BoardSnapshot
from leaderboard.selection import Selection
from sharedtasks.models import Correction, Phase
from sharedtasks.policy import VISITOR
from tests.integration.board_rows import METRICS, Made, fill, many

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
START = "/"
POLL = {"HX-Request": "true", "HX-Target": "board"}
GZIP = {"Accept-Encoding": "br;q=1.0, gzip"}
FEW = ("term-success", "bleu")
OPENS = datetime(2030, 3, 5, 12, 0, tzinfo=UTC)  # the board
NAMES = OPENS + timedelta(days=4)
SECOND = timedelta(seconds=1)
INSTANTS = [OPENS - SECOND, OPENS, NAMES]
ROLES = [
    "visitor", "alice", "bob", "charlie", "dora", "erin", "organiser", "observer", "outsider"
]  # fmt: skip
ASKED = [{}, {"sort": "bleu"}, {"track": "constrained", "dense": "1"}, {"team": "lexica"},
         {"team": "babel", "page": "2"}, {"entries": "primary"}]  # fmt: skip
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
SEEN = re.compile(r"seen=\w+")
TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Keep nothing of other tests."""
    for kept in (kept_boards.BOARDS, kept_facts.FACTS, kept_pages.PAGES):
        kept.clear()


@pytest.fixture
def people(people, make_person_of, organiser, observer, outsider):
    """The usual people, a member of a team that is not verified, and one of the organisers'."""
    roles = {"organiser": organiser, "observer": observer, "outsider": outsider}
    return people | roles | {name: make_person_of(name) for name in ("dora", "erin")}


@pytest.fixture
def make_person_of(db):
    """Make a person with a team of their own."""
    from accounts.models import Membership
    from tests.integration.conftest import make_person

    def make(name):
        user = make_person(name)
        team = Team.objects.create(
            name=f"Team of {name}", slug=name, is_verified=name != "dora",
            is_organisers=name == "erin",
        )  # fmt: skip
        Membership.objects.create(team=team, user=user)
        return user

    return make


@pytest.fixture
def bare(phase, make_bare_test_set):
    """A test set in a blind phase: first its board opens, then its names."""
    Phase.objects.filter(pk=phase.pk).update(
        kind="blind", opens_at=OPENS - timedelta(days=9), closes_at=None,
        board_at=OPENS, team_names_at=NAMES,
    )  # fmt: skip
    phase.refresh_from_db()
    return make_bare_test_set()


@pytest.fixture
def filled(bare, people, team, other_team):
    """A board with rows of each team; words of each row are nobody else's before the names."""
    Team.objects.filter(pk__in=[team.pk, other_team.pk]).update(is_verified=True)
    teams = {name: Team.objects.get(slug=name) for name in ("lexica", "babel", "dora", "erin")}
    rows = [
        Made(team, f"System of {name} {number}", dict.fromkeys(FEW, 70.0 - number - place * 3),
             is_primary=number == 0, is_constrained=number == 1, description=f"Words of {name}.")
        for place, (name, team) in enumerate(teams.items())
        for number in range(2)
    ]  # fmt: skip
    fill(bare, people["alice"], rows)
    return rows


@pytest.fixture(params=["one mode", "two modes"])
def filled_modes(request, filled, make_bare_test_set, people):
    """The same, and perhaps a board of another mode, so that there are differences."""
    if request.param == "two modes":
        fill(make_bare_test_set(mode="noterm"), people["alice"], filled)
    for snapshot in BoardSnapshot.objects.all():  # a line below each second system, and ranges
        columns = snapshot.body["columns"]
        columns["cluster"] = [1 + number // 2 for number, _ in enumerate(columns["entry"])]
        columns["range"] = ["1–3" if place else "" for place in columns["place"]]
        columns["range"][0] = ""  # it follows
        snapshot.body["ranges"]["computed_at"] = OPENS.isoformat()
        snapshot.results_version += 1
        snapshot.save()
    return request.param


def words_of(name):
    """Return what tells that rows are a team's."""
    team = {"lexica": "Lexica", "babel": "Babel"}.get(name, f"Team of {name}")
    return {f"System of {name}", f"Words of {name}", f">{team}<", f"team={name}"}


def told(text):
    """Return the teams of which a page tells a word."""
    names = ("lexica", "babel", "dora", "erin")
    return {name for name in names if any(word in text for word in words_of(name))}


def find_seen(client):
    """Return what a poll of the start page says that the reader has."""
    return SEEN.search(client.get(START).text)[0].removeprefix("seen=")


def ask(client, query, *, path=BOARD, **headers):
    text = client.get(path, query, headers=headers).text
    return SEEN.sub("seen=", TOKEN.sub("", text))


# Who gets what ----------------------------------------------------------------------------

OWN = {"alice": {"lexica"}, "bob": {"lexica"}, "charlie": {"babel"}, "dora": {"dora"},
       "erin": {"erin"}}  # fmt: skip
ALL = {"lexica", "babel", "dora", "erin"}
SEES_ALL = ("organiser", "observer")
RANKED = {"lexica", "babel"}  # whom the start page shows


@pytest.fixture
def as_role(client, people):
    """Return a function that gives the browser of a role; each signs in once."""
    browsers = {"visitor": client}

    def find(role):
        if role not in browsers:
            browsers[role] = type(client)()
            browsers[role].force_login(people[role])
        return browsers[role]

    return find


def test_what_a_role_may_see_never_reaches_another(as_role, at, filled_modes):
    instants = INSTANTS if filled_modes == "one mode" else INSTANTS[::-1]
    asked = [(BOARD, ASKED[0]), (BOARD, ASKED[1]), (START, {})]
    visits = list(itertools.product(ROLES, asked, ({}, POLL)))
    for seed, instant in enumerate(instants):
        at(instant)
        kept_pages.PAGES.clear()
        random.Random(seed).shuffle(visits)
        public = {"lexica", "babel", "erin"} if instant >= NAMES else set()
        for role, (path, query), headers in visits:
            own = OWN.get(role, set()) if instant >= OPENS else set()
            expected = ALL if role in SEES_ALL else public | own
            shown = told(ask(as_role(role), query, path=path, **headers))
            assert shown == (expected & RANKED if path == START else expected), (role, path, query)

        assert {page.is_start for _, page in kept_pages.PAGES._pages.values()} == {True, False}
        for _, page in kept_pages.PAGES._pages.values():
            text = gzip.decompress(page.packed).decode()
            assert told(text) == (public & RANKED if page.is_start else public)
            assert not any(word in text for word in ('class="who"', "Sign out", "tag-own", "csrf"))


@pytest.mark.usefixtures("filled_modes")
@pytest.mark.parametrize("instant", INSTANTS)
def test_a_kept_page_with_own_parts_is_the_page_made_for_the_reader(
    as_role, at, monkeypatch, instant
):
    at(instant)
    readers = ["visitor", "alice", "charlie", "dora", "erin"]
    asked = [
        *itertools.product((BOARD, START), ({},), ({}, POLL)),
        *((BOARD, query, {}) for query in ASKED[2:5]),
    ]
    visits = [(role, *what) for role in readers for what in asked]
    kept = [
        ask(as_role(role), query, path=path, **headers) for role, path, query, headers in visits
    ]
    assert ("begins-cluster" in kept[0] and "range follows" in kept[0]) == (instant >= OPENS)

    monkeypatch.setattr(views, "_answer_kept", lambda *_: None)
    for (role, path, query, headers), text in zip(visits, kept, strict=True):
        assert text == ask(as_role(role), query, path=path, **headers), (role, path, query)


def test_messages_are_shown_once_and_never_kept(as_role, filled, at):
    at(NAMES)
    client = as_role("alice")
    message = Message(messages.INFO, "Read this.")
    client.cookies["messages"] = CookieStorage(HttpRequest())._encode([message])

    first, second = client.get(BOARD).text, client.get(BOARD).text

    assert "Read this." in first
    assert "Read this." not in second
    assert "Read this." not in as_role("visitor").get(BOARD).text


# 304 --------------------------------------------------------------------------------------


@pytest.fixture
def trusting(monkeypatch, settings):
    """Trust what was read until the clock is moved on."""
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=1000.0)
    settings.BOARDS_TRUSTED_FOR = 1.0
    monkeypatch.setattr(kept_facts, "time", clock)
    return clock


@pytest.mark.parametrize(("path", "query"), [(BOARD, {}), (BOARD, ASKED[1]), (START, {})])
def test_a_visitor_who_has_the_page_gets_304_without_a_query(
    client, at, filled, trusting, path, query, django_assert_num_queries
):
    at(NAMES)
    etag = client.get(path, query, headers=GZIP).headers["ETag"]
    client.get(path, query)

    for condition in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        with django_assert_num_queries(0):
            response = client.get(path, query, headers={"If-None-Match": condition})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == etag
        assert response.headers["Cache-Control"] == "public, max-age=10"
        assert "Cookie" in response.headers["Vary"]
    for condition in ('W/"0"', "", etag[:-2] + '"'):
        response = client.get(path, query, headers={"If-None-Match": condition})
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": '"other"'}, 412),
        ({"If-Unmodified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}, 412),
        ({"Cookie": "sessionid=of-yesterday"}, 200),  # the answer deletes it
    ],
)
def test_no_cache_keeps_a_refusal_or_a_cookie(client, at, bare, headers, status):
    at(NAMES)

    response = client.get(BOARD, headers=headers)

    assert response.status_code == status
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "X-Accel-Expires" not in response.headers


def test_the_etag_changes_exactly_with_what_the_reader_sees(as_role, at, filled, bare, people):
    at(OPENS)
    etags = {}
    for role in ("visitor", "alice", "charlie"):
        client = as_role(role)
        etags[role] = client.get(BOARD).headers["ETag"]
        assert client.get(BOARD).headers["ETag"] == etags[role]
        assert client.get(BOARD, headers={"If-None-Match": etags[role]}).status_code == 304
        for other in etags.keys() - {role}:
            assert client.get(BOARD, headers={"If-None-Match": etags[other]}).status_code == 200

    # What a team sends that is not verified changes nothing for others.
    dora = Team.objects.get(slug="dora")
    fill(bare, people["alice"], [Made(dora, "Unseen", dict.fromkeys(FEW, 99.0))])
    client = as_role("visitor")
    assert client.get(BOARD, headers={"If-None-Match": etags["visitor"]}).status_code == 304

    fill(bare, people["alice"], [Made(Team.objects.get(slug="babel"), "Seen", 99.0)])
    assert client.get(BOARD, headers={"If-None-Match": etags["visitor"]}).status_code == 200


def test_somebody_who_signs_in_again_gets_a_token_that_works(as_role, at, filled, people):
    at(NAMES)
    client = as_role("alice")
    etag = client.get(BOARD).headers["ETag"]
    client.cookies["csrftoken"] = "b" * 32

    response = client.get(BOARD, headers={"If-None-Match": etag})

    assert response.status_code == 200


# How long ---------------------------------------------------------------------------------


def test_what_was_read_is_read_again_after_a_second(
    client, at, bare, alice, team, trusting, django_assert_num_queries
):
    at(NAMES)
    fill(bare, alice, [Made(team, "First", 50.0)])
    assert "First" in client.get(BOARD).text
    fill(bare, alice, [Made(team, "Second", 60.0)])

    trusting.now += 0.99
    with django_assert_num_queries(0):
        assert "Second" not in client.get(BOARD).text
    trusting.now += 0.02
    assert "Second" in client.get(BOARD).text


@pytest.mark.parametrize("before", [OPENS - SECOND, NAMES - SECOND])
@pytest.mark.parametrize("path", [BOARD, START])
def test_an_instant_counts_at_once(client, at, filled, trusting, before, path):
    at(before)
    earlier = client.get(path).text

    at(before + SECOND)

    assert client.get(path).text != earlier


# What a page is made of -------------------------------------------------------------------


@pytest.fixture
def closing(phase, bare, filled_modes, make_bare_test_set):
    """A phase with a deadline, and boards in two domains and two modes; one has an erratum."""
    Phase.objects.filter(pk=phase.pk).update(closes_at=NAMES + timedelta(days=3))
    retired = {"state": "retired", "retired_at": NAMES, "retired_reason": "Corrected."}
    Correction.objects.create(
        test_set=make_bare_test_set(version=9, **retired),
        successor=bare,
        state="published",
        erratum="A word was wrong.",
        published_at=NAMES,
    )


@pytest.mark.parametrize("path", [BOARD, START])
@pytest.mark.usefixtures("closing")
def test_a_page_reads_the_rows_that_its_digest_covers_and_no_others(
    client, at, monkeypatch, trusting, path, django_assert_num_queries
):
    """A new model that a page reads belongs into kept_facts, or its changes would not be seen."""
    covered = {BoardSnapshot}  # by its stamp

    def list_values(row, ask=kept_facts.list_values):
        covered.add(type(row))
        return ask(row)

    monkeypatch.setattr(kept_facts, "list_values", list_values)
    at(NAMES)

    with CaptureQueriesContext(connection) as queries:
        assert "System of babel" in client.get(path).text

    tables = {table for query in queries for table in TABLE.findall(query["sql"])}
    assert tables == {model._meta.db_table for model in covered}
    kept_pages.PAGES.clear()
    with django_assert_num_queries(0):
        assert "System of babel" in client.get(path).text


@pytest.mark.parametrize("path", [BOARD, START])
@pytest.mark.usefixtures("closing")
def test_a_kept_page_says_the_same_at_any_time_between_two_instants(
    client, at, monkeypatch, trusting, path
):
    texts = set()
    for days in (0, 1, 2):
        at(NAMES + timedelta(days=days))
        monkeypatch.setattr(timezone, "now", lambda days=days: NAMES + timedelta(days=days))
        kept_pages.PAGES.clear()
        texts.add(client.get(path).text)

    assert len(texts) == 1


def test_of_threads_that_miss_a_page_one_reads_and_renders_it(client, at, filled, monkeypatch):
    at(NAMES)
    client.get(BOARD)
    facts = kept_facts._read_facts(VISITOR, NAMES, *BOARD.split("/")[2:])
    done = []

    def slowly(name, work):
        """Let another thread want the same, and look whether it waits."""

        def act(*args, **options):
            done.append(name)
            if done.count(name) == 1:
                other = threading.Thread(target=want[name])
                other.start()
                other.join(0.1)  # seconds
                others.append(other)
            return work(*args, **options)

        return act

    others = []
    kept = kept_facts.KeptFacts()
    want = {
        "read": lambda: kept.read(VISITOR, NAMES, "a", "b", "c"),
        "render": lambda: views._find_page(facts, NAMES, Selection()),
    }
    monkeypatch.setattr(kept_facts, "_read_facts", slowly("read", lambda *_: facts))
    monkeypatch.setattr(kept_facts.settings, "BOARDS_TRUSTED_FOR", 60.0)
    monkeypatch.setattr(kept_pages.KeptPage, "make", slowly("render", kept_pages.KeptPage.make))
    kept_pages.PAGES.clear()
    for act in want.values():
        act()
    for other in others:
        other.join()

    assert done == ["read", "render"]


def test_nobody_waits_for_ever_for_a_thread_that_is_stuck(monkeypatch):
    monkeypatch.setattr(one_at_a_time, "LONGEST_WAIT", 0.01)
    locks, passed = one_at_a_time.LocksByKey(), []

    with locks.hold("page"):
        for key in ("page", "other"):
            with locks.hold(key):
                passed.append(key)

    assert passed == ["page", "other"]


@pytest.mark.parametrize(
    "hide",
    [
        {"board_at": None},
        {"board_at": NAMES + timedelta(days=1)},
        {"state": "draft"},
        {"team_names_at": None},
    ],
)
def test_what_is_hidden_again_is_gone_after_a_second(client, at, filled, trusting, hide):
    at(NAMES)
    assert told(client.get(BOARD).text) == {"lexica", "babel", "erin"}
    etag = client.get(BOARD).headers["ETag"]

    Phase.objects.update(**hide)
    trusting.now += 1.0

    response = client.get(BOARD, headers={"If-None-Match": etag})
    assert response.status_code == (404 if "state" in hide else 200)
    assert told(response.text) == set()


def test_an_organiser_sees_a_change_at_once(as_role, at, filled, trusting):
    at(NAMES)
    client = as_role("organiser")
    client.get(BOARD)

    Phase.objects.update(name="Renamed")

    assert "Renamed" in client.get(BOARD).text


def test_a_poll_of_the_start_page_asks_again_after_a_second_and_at_each_instant(
    client, at, filled, bare, alice, trusting, django_assert_num_queries
):
    at(NAMES - SECOND)
    first = find_seen(client)
    with django_assert_num_queries(0):
        assert client.get("/", {"seen": first}, headers=POLL).status_code == 204
    assert client.get("/", {"seen": "x"}, headers=POLL).status_code == 200

    at(NAMES)
    assert "System of babel" in client.get("/", {"seen": first}, headers=POLL).text

    second = find_seen(client)
    newcomers = Team.objects.create(name="Newcomers", slug="new", is_verified=True)
    fill(bare, alice, [Made(newcomers, "Newest", dict.fromkeys(FEW, 99.0), is_primary=True)])
    trusting.now += 0.9
    assert client.get("/", {"seen": second}, headers=POLL).status_code == 204
    trusting.now += 0.2
    assert "Newest" in client.get("/", {"seen": second}, headers=POLL).text


# How much ---------------------------------------------------------------------------------


def selections():
    return [selection for board, selection in kept_pages.PAGES._pages if board]


def test_the_official_order_and_so_many_others_are_kept(client, at, bare, alice, team, monkeypatch):
    monkeypatch.setattr(kept_pages, "MAX_OTHERS", 3)
    at(NAMES)
    fill(bare, alice, [Made(team, "First", 50.0)])
    client.get(BOARD)
    for metric in METRICS[1:5]:
        client.get(BOARD, {"sort": metric})
        client.get(BOARD, {"sort": METRICS[1]})  # asked for again and again, it stays

    assert set(selections()) == {
        Selection(), *(Selection(sort=METRICS[n]) for n in (1, 3, 4))
    }  # fmt: skip


def test_kept_bytes_are_bounded(client, at, bare, alice, team, make_bare_test_set, monkeypatch):
    at(NAMES)
    fill(bare, alice, [Made(team, "First", 50.0)])
    client.get(BOARD)
    one = kept_pages.PAGES._size
    monkeypatch.setattr(kept_pages, "MAX_BYTES", int(3.5 * one))
    fill(make_bare_test_set(target_language="de"), alice, [Made(team, "First", 50.0)])

    for metric in METRICS[1:5]:
        client.get(BOARD, {"sort": metric})
        client.get(BOARD.replace("fr", "de"), {"sort": metric})
        assert kept_pages.PAGES._size <= 3.5 * one
        assert Selection() in selections()
    client.get(BOARD.replace("fr", "de"))
    assert selections().count(Selection()) == 2
    assert kept_pages.PAGES._size == sum(
        len(page.packed) + kept_pages.OVERHEAD for _, page in kept_pages.PAGES._pages.values()
    )


def test_what_is_searched_for_is_never_kept(client, at, filled):
    at(NAMES)
    client.get(BOARD)

    for text in ("lex", "LEXICA", "Team of", "nobody", "a", "é"):
        assert client.get(BOARD, {"team": text}).status_code == 200
        assert selections() == [Selection()]


@pytest.mark.parametrize("page", ["2", "77", "9" * 9, "9" * 99, "-1"])
def test_a_page_that_a_board_does_not_have_is_not_kept_beside_its_last(client, at, filled, page):
    at(NAMES)
    client.get(BOARD)

    assert client.get(BOARD, {"page": page}).text == client.get(BOARD).text
    assert selections() == [Selection()]


def test_a_newer_version_takes_the_place_of_the_older(client, at, bare, alice, team):
    at(NAMES)
    for number in range(3):
        fill(bare, alice, [Made(team, f"System {number}", 50.0)])
        client.get(BOARD)

    assert selections() == [Selection()]


def test_boards_that_were_read_are_bounded(
    client, at, bare, alice, make_bare_test_set, monkeypatch
):
    monkeypatch.setattr(kept_boards, "MAX_ROWS", 12)
    at(NAMES)
    others = [make_bare_test_set(target_language=target) for target in ("de", "pl")]
    for test_set in (bare, *others):
        many(test_set, alice, 5)
        assert "System 0" in client.get(test_set.get_absolute_url()).text

    assert set(kept_boards.BOARDS._boards) == {other.pk for other in others}
    assert "System 0" in client.get(BOARD).text


# Bytes ------------------------------------------------------------------------------------


def test_bytes_come_as_the_reader_takes_them(as_role, at, filled):
    at(NAMES)
    cases = [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("identity", None), ("gzip;q=0", None),
             ("gzip; q=0.0, br", None), ("", None)]  # fmt: skip
    for role, (accepts, encoding) in itertools.product(("visitor", "alice"), cases):
        response = as_role(role).get(BOARD, headers={"Accept-Encoding": accepts})

        assert response.headers.get("Content-Encoding") == encoding, (role, accepts)
        assert "Accept-Encoding" in response.headers["Vary"]
        body = gzip.decompress(response.content) if encoding else response.content
        assert b"System of lexica" in body
        assert body.rstrip().endswith(b"</html>")
