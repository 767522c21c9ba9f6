"""Orders of dates that make no sense, and what a change shows or hides at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sharedtasks.release_dates import DATES, REVEALS, find_doubts, find_surprises, write_length

OPENS = datetime(2026, 7, 13, 12, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=12)
HOUR = timedelta(hours=1)
UNSET = dict.fromkeys(DATES) | {"opens_at": OPENS, "closes_at": CLOSES}


def doubted(kind, **dates):
    return {doubt.name for doubt in find_doubts(UNSET | dates, kind=kind)}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("dev", {"references_at", "outputs_at"}),
        ("blind", {"references_at", "outputs_at", "own_scores_at", "board_at", "team_names_at"}),
        ("post", set()),
    ],
)
def test_a_date_while_uploads_are_taken_is_doubted_by_the_kind_of_phase(kind, expected):
    while_open = dict.fromkeys(REVEALS, CLOSES - HOUR)
    at_closing = dict.fromkeys(REVEALS, CLOSES)

    assert doubted(kind, **while_open) == expected
    assert doubted(kind, **at_closing) == set()
    assert doubted(kind, **at_closing, closes_at=None) == expected  # it never closes
    assert doubted(kind) == set()


@pytest.mark.parametrize("kind", ["dev", "blind", "post"])
def test_nothing_is_shown_before_the_opening_without_a_question(kind):
    early = dict.fromkeys(REVEALS, OPENS - HOUR)

    assert doubted(kind, **early) == set(REVEALS)


def test_a_doubt_says_how_much_too_early_it_is():
    [doubt] = find_doubts(UNSET | {"references_at": CLOSES - timedelta(days=4)}, kind="blind")

    assert doubt.text == (
        "References would be shown 4 days before the closing. "
        "Teams could read the references and still submit."
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("board_at", None, -HOUR, "shown at once"),
        ("board_at", HOUR, timedelta(), "shown at once"),  # its instant itself is past
        ("references_at", -HOUR, None, "have been shown since"),
        ("references_at", -HOUR, HOUR, "does not take back"),
        ("opens_at", HOUR, -HOUR, "opens at once"),
        ("opens_at", -HOUR, HOUR, "cannot be taken back"),
        ("closes_at", HOUR, -HOUR, "closes at once"),
        ("closes_at", -HOUR, HOUR, "opens again"),
        ("board_at", HOUR, None, None),
        ("board_at", -HOUR, -2 * HOUR, None),
    ],
)
def test_what_changes_the_moment_it_is_saved_is_told(name, old, new, words):
    now = CLOSES + timedelta(days=1)
    before, after = (UNSET | {name: None if away is None else now + away} for away in (old, new))

    told = [doubt.text for doubt in find_surprises(before, after, now=now)]

    assert [words in text for text in told] == ([True] if words else [])


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=2, hours=2, minutes=5), "2 days 2 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=3, minutes=1), "3 h 1 min"),
        (timedelta(seconds=3), "1 min"),
    ],
)
def test_a_length_has_its_two_largest_units(length, words):
    assert write_length(length) == words
