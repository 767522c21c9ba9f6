"""Instants, distances and drawings of organisers' pages, without rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

from organise.dates import find_current_phase
from organise.days import draw_days
from organise.templatetags.organise import clock, span, two_clocks
from organise.timeline import RIGHT, draw

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
NOW = datetime(2026, 7, 23, 9, 40, tzinfo=UTC)


def phase(name, begin, end, **instants):
    """Return a phase that opens and closes so many days from now."""
    shown = dict.fromkeys(
        ["own_scores_at", "board_at", "team_names_at", "outputs_at", "references_at", "logs_at"]
    )
    shown |= {key: NOW + timedelta(days=value) for key, value in instants.items()}
    return SimpleNamespace(
        name=name,
        opens_at=NOW + timedelta(days=begin),
        is_public=True,
        is_current=not name.endswith("retired"),
        paused_at=None,
        closes_at=None if end is None else NOW + timedelta(days=end),
        **shown,
    )


def unmark(html):
    return re.sub("<[^>]+>", "", html)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (MINUTE, "1 min"),
        (HOUR, "1 h"),
        (HOUR + 12 * MINUTE + 59, "1 h 12 min"),
        (DAY, "1 day"),
        (2 * DAY + 2 * HOUR + MINUTE, "2 days 2 h"),
        (3 * DAY + 23 * HOUR, "3 days"),  # hours do not matter any more
        (40 * DAY, "40 days"),
    ],
)
def test_a_length_of_time_in_words(seconds, words):
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "Sat 25 Jul 2026, 11:59"),
        ("AoE", "Fri 24 Jul 2026, 23:59"),
        ("Asia/Seoul", "Sat 25 Jul 2026, 20:59"),
        ("America/St_Johns", "Sat 25 Jul 2026, 09:29"),
    ],
)
def test_an_instant_on_a_clock(zone, words):
    assert unmark(clock(datetime(2026, 7, 25, 11, 59, tzinfo=UTC), zone)) == words


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (11, "Fri 24 Jul, 23:00 AoE · Sat 25 Jul, 11:00 UTC"),
        (12, "Sat 25 Jul, 00:00 AoE · 12:00 UTC"),
    ],
)
def test_the_day_is_said_again_only_where_it_is_another(hour, words):
    assert unmark(two_clocks(datetime(2026, 7, 25, hour, tzinfo=UTC))) == words


@pytest.mark.parametrize(
    ("phases", "current"),
    [
        ([("dev", -40, -2), ("blind", -10, 2), ("post", 11, None)], "blind"),
        ([("dev", -40, None), ("blind", -10, 2)], "blind"),  # of two that are open the later
        ([("dev", -40, -2), ("post", 11, None)], "post"),
        ([("dev", -40, -20), ("blind", -10, -2)], "blind"),
        ([("dev", -40, 2), ("blind retired", -10, 2)], "dev"),
        ([("blind retired", -10, 2)], "blind retired"),
        ([], None),
    ],
)
def test_the_phase_that_runs_now_or_comes_next_is_shown(phases, current):
    found = find_current_phase([phase(*row) for row in phases], NOW)

    assert (found and found.name) == current


@pytest.mark.parametrize("days", [0.01, 1, 10, 45, 200, 4000])
def test_a_drawing_of_any_length_stays_in_its_frame(days):
    shown = [phase("Development", -days, 0), phase("Blind test", 0, days, board_at=days)]

    drawing = draw([*shown, phase("Post-evaluation", days, None)], NOW)

    places = [tick.x for tick in drawing.ticks] + [mark.x for mark in drawing.marks]
    places += [bar.x + bar.width for bar in drawing.bars] + [drawing.now.x, drawing.deadline.x]
    assert all(0 <= place <= RIGHT for place in places)
    assert len(drawing.ticks) <= 13
    assert [bar.look for bar in drawing.bars] == ["past", "open", "ahead"]


def test_words_of_a_drawing_do_not_cover_each_other():
    shown = phase("Blind test", 0, 10, board_at=0, own_scores_at=0.1, references_at=30)

    drawing = draw([shown], NOW)

    written = [mark.label.reach for mark in drawing.marks if mark.label]
    written.append(drawing.bars[0].label.reach)
    assert len(drawing.marks) == 3
    assert all(left[1] < right[0] for left, right in pairwise(sorted(written)))


def test_days_are_drawn_up_to_the_closing():
    today = NOW.replace(hour=0, minute=0)
    days = [(today - timedelta(days=1), 4), (today, 2)]

    drawing = draw_days(days, today + timedelta(days=2, hours=12), NOW)

    assert [(bar.label, bar.count, bar.is_today) for bar in drawing.bars] == [
        ("22", 4, False), ("23", 2, True), ("24", None, False), ("25", None, False),
    ]  # fmt: skip
    assert [bar.height for bar in drawing.bars] == [108, 54, 0, 0]
    assert drawing.bars[3].x < drawing.deadline < drawing.bars[3].x + drawing.width


@pytest.mark.parametrize("days", [[], [(NOW.replace(hour=0, minute=0), 0)]])
def test_days_without_submissions_are_no_error(days):
    drawing = draw_days(days, None, NOW)

    assert (drawing is None) == (days == [])
