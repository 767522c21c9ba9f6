"""What metrics say about themselves, and the parts of a score in words."""

from __future__ import annotations

import pytest

from evaluator.cli import tables
from evaluator.metrics import METRICS, Group, Metric, describe
from evaluator.types import Score, ScoringResult

SUCCESS = {
    "required": 1200, "surface": 800, "lemma": 200, "missed": 200, "upper_bound": 1010,
    "flagged": 0,
}  # fmt: skip
SEEN = {"required_seen": 40, "rendered_seen": 30, "required_unseen": 10, "rendered_unseen": 5}


@pytest.mark.parametrize(
    ("metric", "details", "words"),
    [
        ("term-success", SUCCESS, "required 1,200: surface 800, lemma 200, missed 200"),
        (
            "term-success",
            SUCCESS | {"flagged": 1},
            "required 1,200: surface 800, lemma 200, missed 200; at most 1,010 rendered; "
            "search cut short in 1 segment",
        ),
        (
            "term-success",
            SUCCESS | SEEN,
            "required 1,200: surface 800, lemma 200, missed 200; of terms in the training data "
            "30 of 40, of others 5 of 10",
        ),
        (
            "term-consistency",
            {"by_one_variant": 15, "required": 40, "rendered": 20, "of_rendered": 75.0},
            "repeated 40: rendered 20, by one variant 15 (75.0 % of the rendered)",
        ),
        (
            "term-consistency",
            {"by_one_variant": 0, "required": 40, "rendered": 0},
            "repeated 40: rendered 0, by one variant 0",
        ),
        ("term-window-overlap-2", {"counted": 40, "flagged": 0}, "occurrences counted 40"),
        (
            "term-window-overlap-3",
            {"counted": 40, "flagged": 2},
            "occurrences counted 40; search cut short in 2 segments",
        ),
        ("over-application", {"overapplied": 3, "segments": 120}, "3 of 120 segments"),
        ("term-1-ter", {"stopped_searches": 0}, ""),
        (
            "wmt21-1-term",
            {"stopped_searches": 1},
            "search for shifts cut short in 1 segment",
        ),
        (
            "wmt21-exact-match",
            {"found": 90, "wrong": 30, "found_by_lemma": 10},
            "found 90, by lemma 10, missed 30",
        ),
        ("bleu", {}, ""),
        ("term-success", {}, ""),  # scored before parts were kept
        ("a metric of the past", {"a": 1}, ""),
    ],
)
def test_parts_in_words(metric, details, words):
    assert describe(metric, details) == words


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_with_parts_has_words(metric):
    has_parts = metric.details is not Metric.details
    has_words = metric.describe.__func__ is not Metric.describe.__func__

    assert has_parts == has_words


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_says_all_that_is_shown(metric):
    assert METRICS[metric.name] is metric
    assert [other.label for other in METRICS.values()].count(metric.label) == 1
    assert metric.group in Group
    assert metric.meaning.endswith(".")
    assert metric.range
    assert metric.absent


class LengthRatio(Metric):
    """A metric that nobody else knows."""

    name = "length-ratio"
    decimals = 2

    def statistics(self, test_set, hypotheses):
        raise NotImplementedError

    def aggregate_many(self, totals):
        raise NotImplementedError

    def signature(self, test_set):
        raise NotImplementedError

    @classmethod
    def describe(cls, details):
        return f"{details['words']} words"


class ShareOfHits(LengthRatio):
    """A metric with many digits."""

    name = "share-of-hits"
    decimals = 4


class Errors(LengthRatio):
    """A metric of whole numbers."""

    name = "errors"
    decimals = 0


@pytest.mark.parametrize(
    ("metric", "line"),
    [
        (LengthRatio, "length-ratio    1.23  7 words"),
        (ShareOfHits, "share-of-hits    1.2346  7 words"),
        (Errors, "errors     1  7 words"),
    ],
)
def test_the_command_line_writes_a_new_metric_as_its_class_says(monkeypatch, metric, line):
    known = METRICS | {metric.name: metric}
    monkeypatch.setattr("evaluator.metrics.METRICS", known)
    monkeypatch.setattr(tables, "METRICS", known)
    score = Score(metric.name, 1.23456, "v:1", {"words": 7})

    written = tables.show_system(
        tables.SystemRow("ours", ScoringResult((score,), {})), verbose=False
    )

    assert written == line
