"""Scores of many sums at once are those of each sum by itself."""

import numpy as np
import pytest

from evaluator.metrics import METRICS
from evaluator.metrics.bleu import Bleu
from evaluator.metrics.chrf import Chrf, ChrfPlusPlus

SHARES = {"bleu": 0.0, "few": 0.2, "many": 0.9}  # of n-grams that match


def make_bleu_sums(rng, share):
    lengths = rng.integers(1, 400, (200, 2))
    possible = np.maximum(lengths[:, :1] - np.arange(4) * rng.integers(1, 30, (200, 1)), 0)
    matched = rng.binomial(possible, share)
    return np.hstack([lengths, matched, possible])


def make_chrf_sums(rng, share, orders):
    own, reference = rng.integers(0, 300, (2, 200, orders)) * rng.integers(0, 2, (2, 200, orders))
    shared = rng.binomial(np.minimum(own, reference), share)
    return np.stack([own, reference, shared], axis=2).reshape(200, -1)


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
def test_quality_is_sacrebleus_own(share):
    rng = np.random.default_rng(7)
    cases = [
        (Bleu(), make_bleu_sums(rng, share)),
        (Chrf(), make_chrf_sums(rng, share, 6)),
        (ChrfPlusPlus(), make_chrf_sums(rng, share, 8)),
    ]
    for metric, sums in cases:
        expected = [metric.aggregate(row) for row in sums]
        assert metric.aggregate_many(sums) == pytest.approx(expected, abs=1e-9)
        several = metric.aggregate_many(sums.reshape(50, 4, -1))
        assert several.ravel() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "sums", "scores"),
    [
        ("term-success", [[8, 3, 1, 0], [4, 3, 0, 1], [0, 0, 0, 0]], [50, 100, None]),
        ("wmt21-exact-match", [[1, 2, 1], [0, 0, 0]], [0.5, None]),
        ("wmt21-1-term", [[1.5, 3, 0], [0, 0, 0]], [0.5, None]),
        ("term-window-overlap-2", [[6, 2, 0], [0, 0, 0]], [50, None]),
        ("term-1-ter", [[1, 4, 0], [0, 0, 0]], [75, None]),
        ("over-application", [[1, 4], [0, 0]], [25, None]),
        ("term-consistency", [[3, 4, 4], [0, 0, 0]], [75, None]),
        ("wmt25-term-success", [[4, 1, 2], [0, 0, 0]], [0.75, None]),
    ],
)
def test_shares_are_undefined_where_nothing_counts(name, sums, scores):
    metric = METRICS[name](None)
    width = 10 if name == "term-success" else len(sums[0])
    rows = np.array([row + [0] * (width - len(row)) for row in sums])
    if name == "term-window-overlap-2":
        scores = [100 * 6 / (metric.parts * 2), None]

    assert [metric.aggregate(row) for row in rows] == scores
    together = metric.aggregate_many(rows)
    assert [None if np.isnan(value) else value for value in together] == scores
