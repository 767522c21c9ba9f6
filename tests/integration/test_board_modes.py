"""Language pairs, modes and versions: the ways between boards, and what terms change."""

from __future__ import annotations

import re

import pytest

from accounts.models import Team
from sharedtasks.models import Phase
from submissions.models import Entry, Score
from tests.integration.board_rows import Made, build, fill

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"


@pytest.fixture
def modes(make_bare_test_set):
    """The pair en-fr in three modes, by mode."""
    return {
        mode: make_bare_test_set(mode=mode, required_terms=19 if mode == "random" else 20)
        for mode in ("proper", "noterm", "random")
    }


def values(term_success, bleu):
    return {"term-success": term_success, "bleu": bleu}


def links(response, label):
    found = re.search(
        rf'<nav[^>]* aria-label="{label}">(.*?)</nav>', response.text, flags=re.DOTALL
    )
    if found is None:
        return []
    return [
        (href, " ".join(re.sub("<[^>]*>", "", text).split()), bool(current))
        for href, current, text in re.findall(
            r'<a href="([^"]*)"( aria-current="page")?>(.*?)</a>', found[1]
        )
    ]


def changes(response):
    table = response.text.partition("What terms change")[2].partition("</table>")[0]
    return [
        re.findall(r">([^<>\s][^<>]*)<", row)
        for row in re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], flags=re.DOTALL)
    ]


def groups(response):
    table = response.text.partition("What terms change")[2]
    return re.findall(r'<th scope="colgroup" colspan="(\d)"[^>]*>([^<]*)<', table)


# Tabs -------------------------------------------------------------------------------------


def test_each_pair_has_a_tab_in_the_order_of_its_import(client, make_bare_test_set):
    for source, target in (("en", "fr"), ("en", "zh"), ("cs", "de")):
        make_bare_test_set(source_language=source, target_language=target)

    assert links(client.get("/boards/spring/test/en-zh"), "Language pairs") == [
        ("/boards/spring/test/en-fr", "English → French en-fr", False),
        ("/boards/spring/test/en-zh", "English → Chinese en-zh", True),
        ("/boards/spring/test/cs-de", "Czech → German cs-de", False),
    ]


def test_a_tab_leads_to_the_same_mode_where_there_is_one(client, modes, make_bare_test_set):
    make_bare_test_set(target_language="de", mode="noterm")
    make_bare_test_set(target_language="de")
    make_bare_test_set(target_language="ru")

    tabs = links(client.get(f"{BOARD}.noterm"), "Language pairs")

    assert [href.rpartition("/")[2] for href, _, _ in tabs] == [
        "en-fr.noterm", "en-de.noterm", "en-ru"
    ]  # fmt: skip


def test_the_heading_names_the_mode(client, modes):
    assert "<h1>English → French</h1>" in client.get(BOARD).text
    assert "<h1>English → French, no terms</h1>" in client.get(f"{BOARD}.noterm").text
    assert "<h1>English → French, random terms</h1>" in client.get(f"{BOARD}.random").text


def test_modes_and_versions_are_a_second_row(client, modes, make_bare_test_set):
    make_bare_test_set(version=2)

    assert links(client.get(f"{BOARD}.v2"), "What systems are given") == [
        (f"{BOARD}.v2", "proper terms, version 2", True),
        (BOARD, "proper terms, version 1", False),
        (f"{BOARD}.noterm", "no terms, version 1", False),
        (f"{BOARD}.random", "random terms, version 1", False),
    ]


def test_a_pair_in_one_mode_has_no_second_row(client, make_bare_test_set):
    make_bare_test_set()

    response = client.get(BOARD)

    assert links(response, "What systems are given") == []
    assert links(response, "Language pairs") == []
    assert "What terms change" not in response.text


def test_tabs_keep_sort_and_filters_but_a_team_stays_with_its_pair(
    client, modes, make_bare_test_set, alice, team
):
    make_bare_test_set(target_language="de")
    fill(modes["proper"], alice, [Made(team, "A", is_primary=True)])

    query = {"sort": "bleu", "entries": "primary", "team": "lexica", "dense": "1"}
    response = client.get(BOARD, query)

    kept = "?sort=bleu&amp;entries=primary"
    assert links(response, "Language pairs")[1][0] == f"/boards/spring/test/en-de{kept}&amp;dense=1"
    assert links(response, "What systems are given")[1][0] == (
        f"{BOARD}.noterm{kept}&amp;team=lexica&amp;dense=1"
    )


# What terms change ------------------------------------------------------------------------


def test_the_gain_by_proper_terms_is_their_score_minus_the_one_without(client, modes, alice, team):
    fill(modes["proper"], alice, [Made(team, "A", values(80.0, 30.06), is_primary=True)])
    fill(modes["noterm"], alice, [Made(team, "A", values(50.0, 31.5), is_primary=True)])

    response = client.get(BOARD)

    assert groups(response) == [("2", "proper terms − no terms")]
    assert changes(response) == [["A", "Lexica", "+30.0", "−1.4"]]


def test_random_terms_are_compared_by_quality_alone(client, modes, alice, team):
    fill(modes["noterm"], alice, [Made(team, "A", values(50.0, 31.5), is_primary=True)])
    fill(modes["random"], alice, [Made(team, "A", values(70.0, 31.0), is_primary=True)])

    for slug in (f"{BOARD}.noterm", f"{BOARD}.random"):
        response = client.get(slug)

        assert groups(response) == [("1", "random terms − no terms")]
        assert changes(response) == [["A", "Lexica", "−0.5"]]


def test_entries_of_one_name_are_one_system_and_primaries_are_not(client, modes, alice, team):
    fill(
        modes["proper"],
        alice,
        [Made(team, "big", values(80.0, 30.0), is_primary=True),
         Made(team, "small", values(70.0, 20.0)),
         Made(team, "alone", values(60.0, 10.0))],
    )  # fmt: skip
    fill(
        modes["noterm"],
        alice,
        [Made(team, "small", values(1.0, 1.0)),
         Made(team, "small", values(50.0, 15.0)),  # the newer one of that name
         Made(team, "large", values(60.0, 29.0), is_primary=True)],
    )  # fmt: skip

    assert changes(client.get(BOARD)) == [
        ["small", "Lexica", "+20.0", "+5.0"],
    ]


def test_outputs_of_one_submission_are_one_system(client, modes, alice, team):
    (proper,) = fill(modes["proper"], alice, [Made(team, "A", values(80.0, 30.0))])
    first, _second = fill(
        modes["noterm"],
        alice,
        [Made(team, "A", values(50.0, 28.0)), Made(team, "A", values(1.0, 1.0))],
    )
    Entry.objects.filter(pk=first.pk).update(submission=proper.submission)
    build(modes["noterm"])

    assert changes(client.get(BOARD)) == [["A", "Lexica", "+30.0", "+2.0"]]


def test_another_teams_system_of_the_same_name_is_another(client, modes, alice, team, other_team):
    Team.objects.update(is_verified=True)
    fill(modes["proper"], alice, [Made(team, "A", values(80.0, 30.0))])
    fill(modes["noterm"], alice, [Made(other_team, "A", values(1.0, 1.0))])

    response = client.get(BOARD)

    assert changes(response) == []
    assert "No system has outputs with terms and without yet." in response.text


@pytest.mark.parametrize(
    ("columns", "gain"),
    [
        ({"required_terms": 21}, ["+1.0"]),  # other terms: only quality is comparable
        ({"segments": 11}, []),  # other segments: nothing is
    ],
)
def test_scores_on_other_terms_or_segments_are_not_subtracted(
    client, make_bare_test_set, alice, team, columns, gain
):
    fill(make_bare_test_set(), alice, [Made(team, "A", values(80.0, 30.0))])
    other = make_bare_test_set(mode="noterm", **columns)
    fill(other, alice, [Made(team, "A", values(50.0, 29.0))])

    assert changes(client.get(BOARD)) == ([["A", "Lexica", *gain]] if gain else [])


def test_scores_of_two_versions_of_a_scorer_are_not_subtracted(client, modes, alice, team):
    fill(modes["proper"], alice, [Made(team, "A", values(80.0, 30.0))])
    fill(modes["noterm"], alice, [Made(team, "A", values(50.0, 29.0))])
    Score.objects.filter(entry__test_set=modes["noterm"], metric="bleu").update(
        signature="scorer:bleu|v:2"
    )
    build(modes["noterm"])

    assert changes(client.get(BOARD)) == [["A", "Lexica", "+30.0"]]


def test_a_system_without_a_name_is_not_followed_to_another_board(
    client, modes, alice, bob, team, other_team
):
    Team.objects.update(is_verified=True)
    for mode, value in (("proper", 80.0), ("noterm", 50.0)):
        made = [Made(one, "A", values(value, value)) for one in (team, other_team)]
        fill(modes[mode], alice, made)
    Phase.objects.update(team_names_at=None)

    assert "Shown once systems are named" in client.get(BOARD).text
    client.force_login(bob)
    assert changes(client.get(BOARD)) == [["A", "Lexica", "+30.0", "+30.0"]]


def test_only_the_systems_on_the_page_are_compared(client, modes, alice, team, other_team):
    Team.objects.update(is_verified=True)
    for mode, value in (("proper", 80.0), ("noterm", 50.0)):
        made = [Made(one, one.name[0], values(value, value)) for one in (team, other_team)]
        fill(modes[mode], alice, made)

    assert [row[0] for row in changes(client.get(BOARD, {"team": "babel"}))] == ["B"]
