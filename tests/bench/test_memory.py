"""What the scoring process and a process that checks uploads hold, and whether that grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import psutil
import pytest

from evaluator import TestSet
from evaluator.score_server import Job
from submissions.pipeline.scorer import Scorer
from tests.bench.conftest import Record
from tests.bench.sample_sets import DEMO_PAIRS, TICO_LISTS, disturb, read_demo, read_tico
from tests.e2e.site import Site

pytestmark = pytest.mark.bench

ENTRIES = 2_000
SETTLED = 200  # entries; by then every test set has been read
ROUNDS = 30  # of uploads to eight test sets
SCORING, CHECKING = 450, 250  # MB
MAY_GROW = 10  # MB; words that no earlier entry had are kept, up to a bound


@pytest.fixture(scope="module")
def test_sets(shared_data: Path) -> dict[str, TestSet]:
    """Five pairs of the demo and three of TICO-19, by a name."""
    demo = {f"demo {pair}": read_demo(pair) for pair in DEMO_PAIRS}
    return demo | {f"TICO-19 {pair}": read_tico(shared_data, pair) for pair in TICO_LISTS}


@pytest.fixture
def scorer() -> Iterator[Scorer]:
    """A scoring process of this test's own."""
    scorer = Scorer()
    yield scorer
    scorer.close()


def measure_megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1024**2


def test_scoring_stays_within_its_memory(
    test_sets: dict[str, TestSet], scorer: Scorer, record: Record
) -> None:
    at: dict[int, float] = {}
    pids = set()

    for number, (name, test_set) in enumerate(islice(cycle(test_sets.items()), ENTRIES), start=1):
        scorer.score(test_set, Job(name, disturb(test_set, number), "simplemma"))
        assert scorer._process is not None
        pids.add(scorer._process.pid)
        at[number] = measure_megabytes(scorer._process.pid)

    largest, grown = max(at.values()), at[ENTRIES] - at[SETTLED]
    record(
        "scoring process, 5 demo pairs, 3 of TICO-19", "–", f"{largest:.0f} MB", f"≤ {SCORING} MB"
    )
    work = f"its growth, {ENTRIES - SETTLED:,} entries"
    record(work, "–", f"{grown:+.0f} MB, {len(pids)} process", f"≤ {MAY_GROW} MB")
    assert len(pids) == 1  # it was not replaced
    assert largest <= SCORING
    assert grown <= MAY_GROW


def test_checking_stays_within_its_memory(
    make_site: Callable[..., Site], shared_data: Path, record: Record
) -> None:
    site = make_site(is_forked=False)
    site.children.start("checker", "celery", "-A", "config", "worker", "-c", "1", "-Q", "checks")

    fitting = site.run("tests.bench.pipeline_uploads", "checks", str(ROUNDS), str(shared_data))
    [child] = psutil.Process(site.children.pid("checker")).children()
    megabytes = measure_megabytes(child.pid)

    work = f"process that checks, {fitting.strip()} files of the same"
    record(work, "–", f"{megabytes:.0f} MB", f"≤ {CHECKING} MB")
    assert int(fitting) == ROUNDS * 8
    assert megabytes <= CHECKING
