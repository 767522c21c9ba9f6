"""What a scoring process holds: with the test sets of a busy site, and after many entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from evaluator.score_server import Job
from submissions.pipeline.scorer import Scorer
from tests.bench.conftest import Record
from tests.bench.sample_sets import DEMO_PAIRS, TICO_LISTS, disturb, read_demo, read_tico

pytestmark = pytest.mark.bench
ENTRIES = 2_000
MEGABYTES = 450
FLAT = 1.1  # times the memory before


@pytest.fixture
def scorer() -> Iterator[Scorer]:
    scorer = Scorer()
    yield scorer
    scorer.close()


def test_a_scoring_process_stays_as_large_as_it_was(
    shared_data: Path, scorer: Scorer, record: Record
) -> None:
    demo = [read_demo(pair) for pair in DEMO_PAIRS]
    test_sets = [*demo, *(read_tico(shared_data, pair) for pair in TICO_LISTS)]

    def score(number: int, seed: int) -> float:
        """Score an entry; return the megabytes that the process holds after it."""
        test_set = test_sets[number]
        scorer.score(test_set, Job(str(number), disturb(test_set, seed), "simplemma"))
        assert scorer._process
        return float(psutil.Process(scorer._process.pid).memory_info().rss) / 1024**2

    warm = max(score(number, seed) for seed in range(2) for number in range(len(test_sets)))
    later = [score(seed % len(demo), seed) for seed in range(2, ENTRIES)]

    record(
        "scoring process, five demo pairs + three sets of TICO-19, warm",
        "–",
        f"{warm:.0f} MB, {max(later):.0f} MB over {ENTRIES:,} entries",
        f"at most {MEGABYTES} MB, flat",
    )
    assert max(later) <= MEGABYTES
    assert max(later) <= FLAT * warm
