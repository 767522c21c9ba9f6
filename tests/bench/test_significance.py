"""How fast all pairs of a board are compared, and how often ranges and lines are right."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

from evaluator import Hypotheses, TestSet, read_test_set
from evaluator.metrics import METRICS
from evaluator.significance import Comparison, compare
from evaluator.types import Statistics
from tests.bench.conftest import Record

pytestmark = pytest.mark.bench
SYSTEMS = 43
SEGMENTS = 500
GROUPS = (9, 9, 9, 8, 8)
MEAN = METRICS["wmt21-1-term"](None)  # of any numbers


@pytest.fixture
def test_set(shared_data: Path) -> TestSet:
    with (shared_data / "tico19" / "text" / "test.en-fr.tsv").open("rb") as stream:
        whole = read_test_set(
            source=stream, source_language="en", target_language="fr", text_form=None
        )
    return TestSet("en", "fr", whole.segments[:SEGMENTS], "raw")


@pytest.fixture
def outputs(test_set: TestSet) -> list[list[str]]:
    chance = random.Random(5)
    texts = [segment.references[0].split() for segment in test_set.segments]
    return [
        [" ".join(word for word in text if chance.random() > 0.004 * system) for text in texts]
        for system in range(SYSTEMS)
    ]


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def test_all_pairs_against_sacrebleus_paired_bootstrap(
    test_set: TestSet, outputs: list[list[str]], record: Record
) -> None:
    """sacrebleu compares with one baseline at a time: its time is taken 43 times."""
    references = [[segment.references[0] for segment in test_set.segments]]
    named = [(str(number), texts) for number, texts in enumerate(outputs)]
    metrics = [METRICS["bleu"](None), METRICS["chrf"](None)]
    given = [
        (
            metric,
            {
                number: metric.statistics(test_set, Hypotheses(tuple(texts)))
                for number, texts in enumerate(outputs)
            },
        )
        for metric in metrics
    ]

    theirs = seconds(
        lambda: PairedTest(
            named, {"BLEU": BLEU(references=references), "CHRF": CHRF(references=references)},
            references=None, test_type="bs", n_samples=1_000,
        )()
    )  # fmt: skip
    ours = seconds(lambda: compare(given, unit="segment", resamples=1_000))
    ratio = SYSTEMS * theirs / ours
    record(
        "all pairs of 43, BLEU + chrF, 1,000 resamples",
        "sacrebleu's paired bootstrap, each baseline",
        f"{ratio:,.0f} times as fast ({ours:.2f} s)",
        "1,000 times",
    )
    assert ratio >= 1_000


def make_counts(rng: np.random.Generator, systems: int, units: int) -> Mapping[int, Statistics]:
    required = rng.integers(0, 3, units)
    tables = {}
    for system in range(systems):
        tables[system] = np.zeros((units, 10), dtype=np.int64)
        tables[system][:, 0] = required
        tables[system][:, 1] = rng.binomial(required, 0.7)
    return tables


def make_ngrams(rng: np.random.Generator, systems: int, units: int) -> Mapping[int, Statistics]:
    lengths = rng.integers(20, 200, (units, 1))
    own = np.maximum(lengths - np.arange(8), 0)
    return {
        system: np.stack([own, own, rng.binomial(own, 0.5)], axis=2).reshape(units, -1)
        for system in range(systems)
    }


@pytest.mark.parametrize(
    ("systems", "units", "resamples", "limit"), [(43, 2_100, None, 10), (430, 500, 1_000, 2)]
)
def test_a_whole_board_takes_little_time_and_memory(
    systems: int, units: int, resamples: int | None, limit: float, record: Record
) -> None:
    rng = np.random.default_rng(3)
    ngrams, counts = make_ngrams(rng, systems, units), make_counts(rng, systems, units)
    six = {system: table[:, :18] for system, table in ngrams.items()}
    given = [(METRICS["chrf"](None), six), (METRICS["term-success"](None), counts)]
    if systems == SYSTEMS:
        given += [(METRICS["chrf++"](None), ngrams)] * 6

    ours = seconds(lambda: compare(given, unit="segment", resamples=resamples))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    work = f"{systems} systems, {len(given)} metrics, {units:,} segments"
    record(work, "", f"{ours:.2f} s, {megabytes} MB with pytest", f"{limit} s, 500 MB")
    assert ours < limit


def simulate(seed: int, step: float) -> Comparison:
    """Compare 43 systems in five groups that lie `step` standard errors of a difference apart."""
    rng = np.random.default_rng(seed)
    shared, error = rng.normal(0, 1, SEGMENTS), np.sqrt(2 / SEGMENTS)
    systems = {}
    for number, group in enumerate(np.repeat(range(5), GROUPS)):
        values = shared + rng.normal(0, 1, SEGMENTS) - step * group * error
        columns = [-values, np.ones(SEGMENTS), np.zeros(SEGMENTS)]
        systems[number] = np.column_stack(columns)
    [comparison] = compare([(MEAN, systems)], unit="segment")
    return comparison


def test_equal_systems_are_one_cluster(record: Record) -> None:
    comparisons = [simulate(seed, 0) for seed in range(100)]

    whole = sum(own.ranges.count((1, SYSTEMS)) for own in comparisons) / (100 * SYSTEMS)
    record("100 boards of 43 equal systems", "", f"{whole:.1%} of ranges are 1-43", "94 %")
    assert whole >= 0.94
    assert [own.lines for own in comparisons].count(()) >= 95


def test_groups_far_apart_are_clusters_and_no_line_is_false() -> None:
    true = (9, 18, 27, 35)
    assert all(simulate(seed, 8).lines == true for seed in range(20))
    assert all(set(simulate(seed, 3).lines) <= set(true) for seed in range(20))
