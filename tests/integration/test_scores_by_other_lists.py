"""Scores by another list of terms: an entry's page lists them, boards show none of them."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from leaderboard import boards
from submissions.models import Score
from tests.integration.samples import FAIR

pytestmark = pytest.mark.django_db

NAMES = ("term-success@random", "wmt25-term-success@random", "term-success@legal")


@pytest.fixture
def entry(make_scored_entry):
    """A scored entry with scores by two more lists, and one by a metric of the future."""
    entry = make_scored_entry(FAIR, system="Marian", wants_primary=True)
    for number, name in enumerate((*NAMES, "readability@random"), 1):
        Score.objects.create(
            entry=entry, metric=name, value=number + 0.125, signature=f"v:1|testset:{number}",
            details={"required": 7, "surface": 4, "lemma": 1, "missed": 2},
        )  # fmt: skip
    boards.rebuild(entry.test_set_id)
    return entry


@pytest.fixture
def page(client, alice, entry):
    client.force_login(alice)
    return client.get(reverse("entry", args=[entry.pk])).text


def test_the_entry_lists_them_under_the_name_of_the_list(page):
    own, legal, random = re.split(r"<h3>By the list “(?:legal|random)”</h3>", page)

    assert "@" not in "".join(re.findall(r'data-metric="([^"]*)"', own))
    assert re.findall(r'value="([^"]*)" data-metric="([^"]*)"', legal) == [("3.125", NAMES[2])]
    assert re.findall(r'value="([^"]*)" data-metric="([^"]*)"', random) == [
        ("1.125", NAMES[0]), ("2.125", NAMES[1]),
    ]  # fmt: skip
    assert "required 7: surface 4, lemma 1" in legal
    assert "v:1|testset:3" in legal


@pytest.mark.parametrize("address", ["/boards/spring/test/en-fr", "/"])
def test_boards_have_no_column_for_them(client, entry, address):
    text = client.get(address).text

    assert "Marian" in text
    assert not re.findall(r'data-metric="[^"]*@[^"]*"', text)


def test_a_newer_score_by_another_list_takes_the_place_of_the_older(client, alice, entry):
    Score.objects.create(entry=entry, metric=NAMES[0], value=55.5, signature="v:2|testset:1")
    client.force_login(alice)

    text = client.get(reverse("entry", args=[entry.pk])).text

    assert f'value="55.5" data-metric="{NAMES[0]}"' in text
    assert 'value="1.125"' not in text


def test_an_entry_without_other_lists_has_no_heading(client, alice, make_scored_entry):
    entry = make_scored_entry(FAIR)
    client.force_login(alice)

    assert "By the list" not in client.get(reverse("entry", args=[entry.pk])).text
