"""Dates as organisers write them: what is read, and what is refused with which remedy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sharedtasks.date_input import AOE, DateError, read_instant, write_instant

CLOSING = datetime(2026, 7, 25, 11, 59, tzinfo=UTC)  # 24 July, 23:59 AoE


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-24 23:59",
        "2026-07-24T23:59",
        "24 Jul 2026 23:59",
        "24 July 2026, 23:59",
        "July 24, 2026 23:59",
        "jul 24 2026 23:59",
        "Fri 24 Jul 2026, 23:59 AoE",  # as our own pages write it
        "Friday 2026-07-24 23:59",
        " 2026-07-24   23:59 aoe ",
        "2026-07-25 11:59 UTC",  # a zone in the text counts
        "25 Jul 2026 11:59 gmt",
        "2026-07-25T13:59+02:00",
        "2026-07-25T11:59Z",
    ],
)
def test_several_ways_of_writing_are_read(text):
    assert read_instant(text, AOE) == CLOSING


def test_the_zone_of_the_form_counts_where_the_text_has_none():
    assert read_instant("2026-07-25 11:59", UTC) == CLOSING
    assert read_instant("  ", UTC) is None


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("24.07. 23:59", "Write the year, too"),
        ("24 Jul 23:59", "Write the year, too"),
        ("2026-07-24", "Write the time, too"),
        ("24 July 2026 noon", "Write the time, too"),
        ("03/04/2026 12:00", "could be read in two ways"),
        ("3.4.2026 12:00", "could be read in two ways"),
        ("2026-02-30 12:00", "not a date that we can read"),
        ("2026-07-24 25:00", "not a date that we can read"),
        ("24 Juli 2026 23:59", "not a date that we can read"),
        ("Mon 24 Jul 2026 23:59", "is a Friday, not a Monday"),
        ("0001-01-01 00:00", "out of range"),
        ("9999-12-31 23:59", "out of range"),
        ("soon", "Write the year, too"),
        ("2026-07-24 23:59 " + "x" * 60, "too long"),
        ("\x00 2026 1:00", "not a date that we can read"),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused_with_the_remedy(text, remedy):
    with pytest.raises(DateError, match=remedy):
        read_instant(text, AOE)


def test_what_a_page_writes_is_read_again():
    assert read_instant(write_instant(CLOSING, AOE), AOE) == CLOSING
    assert write_instant(None, AOE) == ""
