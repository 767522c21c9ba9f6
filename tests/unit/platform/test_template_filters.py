"""How numbers, ranks, languages and times are written on pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as django_timezone

from config.templatetags import site

NOW = datetime(2026, 3, 5, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch):
    monkeypatch.setattr(django_timezone, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0.5, 3, "0.500"),
        (41.27, 1, "41.3"),
        (100.0, 1, "100.0"),
        (-0.25, 2, "−0.25"),  # a minus sign, no hyphen
        (-12.0, 0, "−12"),
        (-0.0, 1, "0.0"),
        (-0.0, 0, "0"),
        (-0.04, 1, "0.0"),  # rounds to nothing
        (-0.06, 1, "−0.1"),
        (0, 1, "0.0"),
    ],
)
def test_scores_have_a_minus_sign_and_no_negative_zero(value, decimals, written):
    assert site.score(value, decimals) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.1 + 0.2, "0.30000000000000004"), (1.0, "1.0"), (-1e-20, "-1e-20")],
)
def test_an_exact_value_has_every_digit(value, written):
    assert site.exact(value) == written
    assert float(written) == value


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("en", "English"),
        ("fr", "French"),
        ("cs", "Czech"),
        ("ko", "Korean"),
        ("zh", "Chinese"),
        ("zh-Hans", "Simplified Chinese"),
        ("pt-BR", "Brazilian Portuguese"),
        ("gsw", "Swiss German"),  # not one of Django's
        ("yue", "Cantonese"),
        ("xx", "xx"),  # unknown: the code itself
    ],
)
def test_languages_have_english_names(code, name):
    assert site.language(code) == name


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-5), "just now"),  # another machine's clock
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "26 Feb 2026"),
    ],
)
def test_times_are_told_as_people_do(before, words):
    assert f">{words}</time>" in site.ago(NOW - before)


def test_the_instant_is_there_for_whoever_wants_it():
    elsewhere = datetime(2026, 3, 5, 13, 30, 0, tzinfo=timezone(timedelta(hours=2)))

    assert site.ago(elsewhere) == (
        '<time datetime="2026-03-05T11:30:00+00:00" title="2026-03-05 11:30:00 UTC">'
        "30 min ago</time>"
    )


def test_an_instant_is_written_in_full_in_utc():
    elsewhere = datetime(2026, 3, 5, 1, 30, 0, tzinfo=timezone(timedelta(hours=2)))

    assert site.utc(elsewhere) == (
        '<time datetime="2026-03-04T23:30:00+00:00">4 Mar 2026, 23:30 UTC</time>'
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [(3.14, "+3.1"), (-0.06, "−0.1"), (0.04, "0.0"), (-0.04, "0.0"), (0.0, "0.0"), (100, "+100.0")],
)
def test_differences_have_a_sign_unless_they_round_to_nothing(value, written):
    assert site.difference(value, 1) == written
