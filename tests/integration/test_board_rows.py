"""Which rows a board shows, in which order: sorting, filters, pages; and what that costs."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from accounts.models import Team
from evaluator.metrics import Group
from leaderboard import board_view, queries
from sharedtasks.metric_columns import COLUMNS
from tests.integration.board_rows import METRICS, Made, build, fill, many

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
FEW = ("term-success", "bleu")


@pytest.fixture
def bare(make_bare_test_set):
    """A test set that nothing is read from."""
    return make_bare_test_set()


@pytest.fixture
def teams(team, other_team):
    """Two verified teams."""
    Team.objects.update(is_verified=True)
    return team, other_team


@pytest.fixture
def six(bare, alice, teams):
    """Two primaries and four contrastive systems of two teams; the first is the best in terms
    and the last in words."""
    lexica, babel = teams
    systems = [
        ("A", lexica, True, True), ("B", babel, True, False), ("C", lexica, False, True),
        ("D", babel, False, False), ("E", lexica, False, False), ("F", babel, False, True),
    ]  # fmt: skip
    return fill(
        bare,
        alice,
        [
            Made(team, name, {"term-success": 60.0 - n, "over-application": 10.0 + n,
                              "bleu": 10.0 + n}, is_primary, is_constrained)
            for n, (name, team, is_primary, is_constrained) in enumerate(systems)
        ],
    )  # fmt: skip


def shown(response):
    found = re.findall(r"<strong>(?:<a [^>]*>)?([^<]*)(?:</a>)?</strong>", response.text)
    return [name for name in found if "systems shown" not in name]


def ranks(response):
    cells = re.findall(r'<td class="rank"[^>]*><span[^>]*>([^<]*)</span>', response.text)
    return "".join(f"{rank} " for rank in cells).strip()


def text_of(response):
    return " ".join(re.sub(r"<[^>]*>", "", response.text).split())


# Sorting ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "order", "official"),
    [
        ("", "ABCDEF", "1 2 – – – –"),
        ("term-success", "ABCDEF", "1 2 – – – –"),  # the official metric itself
        ("bleu", "FEDCBA", "– – – – 2 1"),
        ("over-application", "ABCDEF", "1 2 – – – –"),  # the lowest is the best
    ],
)
def test_a_sort_is_in_the_metrics_direction_and_keeps_the_ranks(client, six, sort, order, official):
    response = client.get(BOARD, {"sort": sort})

    assert shown(response) == list(order)
    assert ranks(response) == official


@pytest.mark.parametrize(
    ("sort", "direction"), [("bleu", "descending"), ("over-application", "ascending")]
)
def test_the_sorted_column_says_so(client, six, sort, direction):
    text = client.get(BOARD, {"sort": sort}).text

    assert re.findall(r'data-metric="([^"]*)"[^>]* aria-sort="(\w+)"', text) == [(sort, direction)]


def test_absent_values_come_last_whatever_the_direction(client, bare, alice, teams):
    values = [{"term-success": 1.0}, {"bleu": 5.0, "over-application": 5.0}]
    fill(bare, alice, [Made(teams[0], name, v) for name, v in zip("AB", values, strict=True)])

    for sort, order in (("", "AB"), ("bleu", "BA"), ("over-application", "BA")):
        assert shown(client.get(BOARD, {"sort": sort})) == list(order)


def test_nothing_is_bold_but_names(client, six):
    cells = re.findall(r"<td.*?</td>", client.get(BOARD).text, flags=re.DOTALL)

    assert not any("<strong" in cell or "<b>" in cell for cell in cells)


# Filters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "order", "official"),
    [
        ({"track": "constrained"}, "ACF", "1 – –"),
        ({"track": "unconstrained"}, "BDE", "2 – –"),  # ranks stay the official ones
        ({"entries": "primary"}, "AB", "1 2"),
        ({"team": "babel"}, "BDF", "2 – –"),
        ({"team": "babel", "track": "unconstrained", "sort": "bleu"}, "DB", "– 2"),
        ({"track": "unconstrained", "entries": "primary", "team": "lexica"}, "", ""),
    ],
)
def test_filters_hide_rows_and_combine(client, six, query, order, official):
    response = client.get(BOARD, query)

    assert shown(response) == list(order)
    assert ranks(response) == official
    if order:
        assert f"{len(order)} of 6 systems shown. Show all" in text_of(response)
    else:
        assert "None of the 6 systems is like that. Show all." in text_of(response)


@pytest.mark.parametrize(
    ("text", "order", "shown_text"),
    [
        ("Babel", "BDF", "Babel"), ("BABEL", "BDF", "Babel"), ("babel", "BDF", "Babel"),
        ("xic", "ACE", "Lexica"), ("abe", "BDF", "Babel"), ("E", "ABCDEF", "E"),
        ("Zürich & Söhne", "G", "Zürich &amp; Söhne"), ("söhn", "G", "Zürich &amp; Söhne"),
    ],
)  # fmt: skip
def test_a_team_is_searched_by_its_name_or_a_part_of_it(
    client, six, bare, alice, text, order, shown_text
):
    other = Team.objects.create(name="Zürich & Söhne", slug="zs", is_verified=True)
    fill(bare, alice, [Made(other, "G", 1.0)])

    response = client.get(BOARD, {"team": text})

    assert shown(response) == list(order + "G" if text == "E" else order)
    assert f'name="team" value="{shown_text}"' in response.text


@pytest.mark.parametrize(
    ("text", "written"),
    [("nobody", "nobody"), ("a" * 9999, "a" * 100), ('"><script>', "&quot;&gt;&lt;script&gt;")],
)
def test_a_text_that_no_team_has_in_its_name_is_not_passed_over(client, six, text, written):
    response = client.get(BOARD, {"team": text})

    assert 'id="board-frame"' not in response.text
    assert f"No team on this board has “{written}” in its name." in response.text
    assert f'name="team" value="{written}"' in response.text
    assert f'href="{BOARD}">Show all</a>' in response.text


def test_very_many_teams_are_not_listed(client, bare, alice):
    many(bare, alice, 310, metrics=FEW)  # of 62 teams

    text = client.get(BOARD).text

    assert "<datalist" not in text
    assert "5 of 310 systems shown." in text_of(client.get(BOARD, {"team": f"Team {bare.pk}-61"}))


@pytest.mark.parametrize(
    "query",
    [{"track": "fast"}, {"entries": "best"}, {"page": "9" * 9999}, {"page": "-1"}, {"page": "٣"},
     {"dense": "2"}, {"sort": "\0"}],
)  # fmt: skip
def test_what_makes_no_sense_asks_for_nothing(client, six, query):
    response = client.get(BOARD, query)

    assert shown(response) == list("ABCDEF")
    assert "of 6 systems shown" not in response.text
    assert client.get(BOARD).text == response.text


def test_every_link_keeps_the_rest_of_the_address(client, six):
    query = {"sort": "bleu", "track": "unconstrained", "dense": "1"}

    text = client.get(BOARD, query).text

    assert f'href="{BOARD}?sort=bleu&amp;dense=1">Show all' in text
    assert f'href="{BOARD}?track=unconstrained&amp;dense=1">Official order' in text
    assert f'href="{BOARD}?sort=bleu&amp;track=unconstrained">Taller rows' in text
    assert f'href="{BOARD}?sort=over-application&amp;track=unconstrained&amp;dense=1"' in text
    assert f'hx-get="{BOARD}?sort=bleu&amp;track=unconstrained&amp;dense=1&amp;seen=' in text
    assert f'{BOARD}?sort=bleu&amp;track=unconstrained&amp;team=babel&amp;dense=1"' in text


def test_the_form_keeps_sort_and_density_and_shows_what_is_chosen(client, six):
    text = client.get(BOARD, {"sort": "bleu", "track": "constrained", "dense": "1"}).text

    assert '<input type="hidden" name="sort" value="bleu">' in text
    assert '<input type="hidden" name="dense" value="1">' in text
    assert '<option value="constrained" selected>' in text
    assert re.findall(r'<option value="(\w+)">(\w+)</option>', text)[-2:] == [
        ("babel", "Babel"),
        ("lexica", "Lexica"),
    ]


def test_dense_rows_are_asked_for(client, six):
    assert 'class="board is-dense"' in client.get(BOARD, {"dense": "1"}).text
    assert "is-dense" not in client.get(BOARD).text


# Pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "pages"),
    [
        (200, {1: (0, 200)}),  # up to so many stand on one page
        # Beyond the end comes the last one.
        (201, {1: (0, 100), 2: (100, 100), 3: (200, 1), 99: (200, 1)}),
    ],
)
def test_long_boards_come_by_the_hundred(client, bare, alice, count, pages):
    many(bare, alice, count, metrics=FEW)

    for page, (first, rows) in pages.items():
        response = client.get(BOARD, {"page": str(page)})

        names = shown(response)
        assert names == [f"System {number}" for number in range(first, first + rows)]
        assert ranks(response).split()[0] == ("–" if first % 5 else str(first // 5 + 1))


def test_page_links_keep_sort_and_filters(client, bare, alice):
    many(bare, alice, 500, metrics=FEW)

    response = client.get(BOARD, {"track": "constrained", "sort": "bleu", "page": "2"})

    assert "250 of 500 systems shown." in text_of(response)
    links = re.findall(
        r'<li><a href="([^"]*)"( aria-current="page")?><span class="visually-hidden">Page </span>'
        r"(\d+)</a></li>",
        response.text,
    )
    query = "?sort=bleu&amp;track=constrained"
    assert links == [
        (BOARD + query, "", "1"),
        (f"{BOARD}{query}&amp;page=2", ' aria-current="page"', "2"),
        (f"{BOARD}{query}&amp;page=3", "", "3"),
    ]
    # A change of anything else begins at the first page, but for the height of rows.
    assert f'href="{BOARD}?track=constrained">Official order' in response.text
    assert f'{query}&amp;page=2&amp;dense=1">Denser rows' in response.text


def test_all_rows_come_on_one_page_to_print(client, bare, alice, monkeypatch):
    many(bare, alice, 210, metrics=FEW)

    paged = client.get(BOARD, {"track": "constrained", "sort": "bleu"})  # 105 rows are one page
    assert "All on one page" not in paged.text
    assert "rows=all" not in client.get(BOARD, {"track": "constrained", "rows": "all"}).text
    assert f'<a href="{BOARD}?rows=all">All on one page</a>' in client.get(BOARD).text

    whole = client.get(BOARD, {"rows": "all", "page": "2", "sort": "bleu"})
    assert shown(whole) == [f"System {number}" for number in range(210)]
    assert f'<a href="{BOARD}?sort=bleu">In pages</a>' in whole.text
    assert 'aria-label="Pages of this board"' not in whole.text

    monkeypatch.setattr(board_view, "MOST_ROWS", 209)
    monkeypatch.setattr(queries, "MOST_ROWS", 209)
    build(bare)
    assert "All on one page" not in client.get(BOARD).text
    assert len(shown(client.get(BOARD, {"rows": "all"}))) == 100


# Numbers ----------------------------------------------------------------------------------


def test_each_family_has_its_digits_and_its_minus(client, bare, alice, teams):
    value = {"term-success": 66.666666, "wmt21-1-term": -0.12345, "bleu": 100.00000000000004}
    fill(bare, alice, [Made(teams[0], "A", value)])

    text = client.get(BOARD).text

    assert re.findall(r'<data class="score"[^>]* value="([^"]*)"[^>]*>([^<]*)</data>', text) == [
        ("66.666666", "66.7"),
        ("-0.12345", "−0.123"),
        ("100.00000000000004", "100.0"),
    ]


def test_columns_stand_in_named_groups(client, bare, alice, teams):
    fill(bare, alice, [Made(teams[0], "A")])

    text = client.get(BOARD).text

    groups = re.findall(r'<th scope="colgroup" colspan="(\d+)"[^>]*>([^<]*)</th>', text)
    sizes = Counter(column.group for column in COLUMNS)
    assert groups == [*((str(sizes[group]), str(group)) for group in Group), ("2", "System")]
    editions = ["WMT 2021 scorer", "WMT 2025 figures", "WMT 2026 figures"]
    assert list(Group) == ["Terms", *editions, "Quality"]


# What it costs ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [43, 4300])
def test_a_visitors_page_takes_four_queries_and_who_is_signed_in_costs_four_more(
    client, bare, alice, count, django_assert_num_queries
):
    many(bare, alice, count, metrics=FEW)

    for query in ({}, {"sort": "bleu", "track": "constrained", "page": "2"}):
        # The phase's test sets with phase and shared task; the snapshots of the pair's modes; the
        # phase's newest release and its published corrections.
        with django_assert_num_queries(4):
            response = client.get(BOARD, query)
        assert response.status_code == 200

    client.force_login(alice)

    # And the session, the user, the user's teams and roles.
    with django_assert_num_queries(8):
        client.get(BOARD)


def test_many_pairs_and_modes_take_no_more_queries(
    client, bare, make_bare_test_set, alice, django_assert_num_queries
):
    for target in ("de", "ru", "zh"):
        for mode in ("proper", "noterm", "random"):
            other = make_bare_test_set(target_language=target, mode=mode)
            many(other, alice, 5, metrics=FEW)
    for mode in ("noterm", "random"):
        many(make_bare_test_set(mode=mode), alice, 5, metrics=FEW)
    many(bare, alice, 5, metrics=METRICS)

    with django_assert_num_queries(4):
        client.get(BOARD)
