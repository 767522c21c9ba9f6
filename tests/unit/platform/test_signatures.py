"""What a signature says, and which of several a board shows."""

from __future__ import annotations

import pytest

from evaluator.metrics import METRICS
from leaderboard.versions import OlderColumns, find_older, list_older_columns
from submissions.signatures import choose_signatures, choose_version, read_version

NOW = METRICS["term-success"].version


@pytest.mark.parametrize(
    ("signature", "version"),
    [
        ("nrefs:1|case:folded|v:1|unit:segment|testset:abc", 1),
        ("v:2", 2),
        ("v:12|unit:segment", 12),
        ("nrefs:1|tok:13a|version:2.6.0", 0),  # sacrebleu's: its version is not ours
        ("nrefs:1|dev:7|case:mixed", 0),
        ("nrefs:1|v:٣|case:mixed", 0),
        ("v:", 0),
        ("", 0),
    ],
)
def test_a_version_is_a_part_of_its_own(signature, version):
    assert read_version(signature) == version


@pytest.mark.parametrize(
    ("versions", "chosen", "shown"),
    [
        ([2], None, 2),  # a new site
        ([1, 2], None, 1),  # until somebody says so
        ([2, 1], 2, 2),
        ([1, 2, 3], 2, 2),
        ([3, 1], 2, 1),  # the newest before the choice
        ([3], 2, 3),  # a test set of later has nothing else
        ([1], 2, 1),  # nothing has been scored again
        ([0], 5, 0),
    ],
)
def test_a_board_shows_the_version_that_was_chosen(versions, chosen, shown):
    assert choose_version(versions, chosen) == shown


@pytest.mark.parametrize(
    ("signatures", "chosen", "shown"),
    [
        (["a|v:1", "a|v:1", "a|v:2"], {}, "a|v:1"),
        (["a|v:1", "a|v:2", "a|v:2", "a|v:2"], {}, "a|v:1"),  # a majority changes nothing
        (["a|v:1", "a|v:1", "a|v:2"], {"m": 2}, "a|v:2"),  # one is enough then
        (["a|v:1", "a|v:1", "a|v:2"], {"other": 2}, "a|v:1"),
        (["a|v:1", "b|v:1", "b|v:1", "a|v:1", "a|v:1"], {}, "a|v:1"),  # the most frequent
        (["a|v:1", "b|v:1"], {}, "b|v:1"),  # of equals the last
        (["b|v:1", "a|v:2", "c|v:2", "c|v:2"], {"m": 3}, "c|v:2"),
        (["x", "x", "y"], {"m": 3}, "x"),  # another program's
    ],
)
def test_of_the_signatures_with_that_version_the_most_frequent_is_shown(signatures, chosen, shown):
    scores = [("m", signature) for signature in signatures]

    assert choose_signatures(scores, chosen) == {"m": shown}


def test_metrics_choose_their_signatures_apart():
    scores = [("a", "v:1"), ("b", "v:1"), ("a", "v:2"), ("b", "v:2"), ("c", "v:2")]

    assert choose_signatures(scores, {"b": 2}) == {"a": "v:1", "b": "v:2", "c": "v:2"}
    assert choose_signatures([], {"b": 2}) == {}


def test_older_columns_are_named_by_their_group_or_one_by_one():
    before, now = f"v:{NOW - 1}", f"v:{NOW}"
    terms = {"term-success": before, "term-consistency": before}

    assert find_older({"term-success": before, "bleu": "version:2", "metric-of-the-past": ""}) == [
        "term-success"
    ]
    assert list_older_columns(terms) == [OlderColumns("Terms", "", NOW - 1, NOW)]
    assert list_older_columns(terms | {"over-application": now, "bleu": "version:2"}) == [
        OlderColumns("Terms", "Term success, Consistency", NOW - 1, NOW)
    ]
    assert list_older_columns({"term-success": now}) == []
