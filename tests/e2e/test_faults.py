"""Workers die, messages get lost or come three times: scored once, or failed with a reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery

from evaluator.metrics import METRICS
from tests.e2e.site import Site
from tests.environment import ROOT
from tests.integration.samples import count_scores

DATA = ROOT / "tests" / "data"
DWELL = "10"  # seconds; a worker's first scoring has its process to start
SHORT = {"CHECKING_DWELL": DWELL, "SCORING_DWELL": DWELL}


@pytest.fixture(params=["postgresql and redis", "sqlite and the embedded broker"])
def site(request: pytest.FixtureRequest, make_site: Callable[..., Site], tmp_path: Path) -> Site:
    if request.param.startswith("postgresql"):
        return make_site(**SHORT)
    embedded = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'platform.sqlite3'}",
        "BROKER_URL": "filesystem://localhost",
    }
    return make_site(**SHORT, **embedded)


@pytest.fixture
def test_set(site: Site) -> int:
    return site.import_test_set(DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm")


@pytest.fixture
def upload(site: Site, test_set: int) -> Callable[[], int]:
    def upload() -> int:
        file = site.folder / "oracle.sgm"
        reference = (DATA / "en-fr.reference.sgm").read_bytes()
        file.write_bytes(reference.replace(b"refset", b"tstset"))
        return site.submit(test_set, file)

    return upload


# The sweeper makes entries of the test set's own: its reference and its source.
ENTRIES = "submissions_entry where kind = 'system'"


def entry_state(site: Site) -> list[tuple]:
    return site.rows(f"select state, attempts from {ENTRIES}")


def wait_until_scored(site: Site, *, within: float = 240) -> None:
    site.wait_for(f"select state from {ENTRIES}", lambda rows: rows == [("scored",)], within=within)


def assert_scored_exactly_once(site: Site) -> None:
    [(entry,)] = site.rows(f"select id from {ENTRIES}")
    counts = f"count(*), count(distinct metric) from submissions_score where entry_id = {entry}"
    names = ("en-fr.source.sgm", "en-fr.reference.sgm")
    scores = count_scores(*((DATA / name).read_text() for name in names))
    assert site.rows(f"select {counts}") == [(scores, scores)]
    moves = site.rows(
        f"select old, new from submissions_statechange where entry_id = {entry} order by id"
    )
    assert moves == [("", "scoring"), ("scoring", "scored")]


def test_a_task_delivered_three_times_scores_once(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = make_site()
    test_set = site.import_test_set(DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm")
    file = tmp_path / "oracle.sgm"
    reference = (DATA / "en-fr.reference.sgm").read_bytes()
    file.write_bytes(reference.replace(b"refset", b"tstset"))
    submission = site.submit(test_set, file)
    client = Celery(broker=site.environment["BROKER_URL"], set_as_current=False)
    for _ in range(2):  # beside the one that the upload has sent
        client.send_task("submissions.check", args=[submission])

    site.start_worker()
    wait_until_scored(site)
    [(entry,)] = site.rows(f"select id from {ENTRIES}")
    for _ in range(3):
        client.send_task("submissions.score", args=[entry])
    site.wait_for(
        f"select ranked_version from sharedtasks_testset where id = {test_set}",
        lambda rows: rows == [(1,)],
        within=120,
    )
    log = site.folder / "logs" / "worker.log"
    deadline = time.monotonic() + 120
    while log.read_text().count("is not") < 5 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert log.read_text().count("is not") == 5  # two of the checks, three of the scorings
    assert_scored_exactly_once(site)
    assert site.rows("select results_version from sharedtasks_testset") == [(1,)]
    client.close()


def test_a_worker_killed_while_scoring_delays_the_entry_and_no_more(
    site: Site, upload: Callable[[], int]
) -> None:
    site.environment["FAULT"] = "hangs"
    upload()
    site.start_worker("tests.e2e.faulty_worker")
    site.start_sweeper()
    site.wait_for(
        f"select count(*) from {ENTRIES} and claimed_by <> ''",
        lambda rows: rows == [(1,)],
        within=120,
    )

    site.children.kill("worker")
    site.start_worker()

    wait_until_scored(site)
    assert_scored_exactly_once(site)


def test_a_lost_message_delays_by_a_sweep(site: Site, upload: Callable[[], int]) -> None:
    # A broker that takes no messages: what the upload announces is lost.
    working = site.environment["BROKER_URL"]
    site.environment["BROKER_URL"] = "redis://127.0.0.1:1/0"
    started = time.monotonic()
    upload()
    took = time.monotonic() - started
    site.environment["BROKER_URL"] = working

    site.start_worker()
    site.start_sweeper()

    wait_until_scored(site)
    assert_scored_exactly_once(site)
    assert took < 30  # a dead broker doesn't hold an upload up


def test_an_entry_that_kills_its_worker_each_time_fails_after_the_third_attempt(
    site: Site, upload: Callable[[], int]
) -> None:
    site.environment["FAULT"] = "kills its worker"
    upload()
    site.start_worker("tests.e2e.faulty_worker")
    site.start_sweeper()

    site.wait_for(f"select state from {ENTRIES}", lambda rows: rows == [("failed",)], within=300)

    assert entry_state(site) == [("failed", 3)]
    assert site.fault_count() == 3
    [(reason,)] = site.rows(f"select reason from {ENTRIES}")
    assert "3 attempts" in reason
    scores = f"submissions_score where entry_id in (select id from {ENTRIES})"
    assert site.rows(f"select count(*) from {scores}") == [(0,)]


def test_a_rescore_outlives_its_worker_and_its_command(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = make_site(**SHORT)
    test_set = site.import_test_set(DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm")
    file = tmp_path / "oracle.sgm"
    file.write_bytes((DATA / "en-fr.reference.sgm").read_bytes().replace(b"refset", b"tstset"))
    site.start_sweeper()
    site.start_worker()
    site.submit(test_set, file)
    states = "select state from submissions_entry"
    site.wait_for(states, lambda rows: rows == [("scored",)] * 3, within=240)
    site.children.kill("worker")
    newest = METRICS["term-success"].version
    before, now = f"|v:{newest - 1}|", f"|v:{newest}|"  # an old site has only the version before
    old = site.rows(
        f"update submissions_score set signature = replace(signature, '{now}', '{before}'), "
        f"value = 7 where metric = 'term-success' returning id"
    )
    entries = site.rows("select * from submissions_entry order by id")

    site.environment["FAULT"] = "hangs"
    site.start_worker("tests.e2e.faulty_worker")
    site.children.start("rescore", "django", "rescore_entries")
    site.wait_until(lambda: site.fault_count() == 1, within=240)
    site.children.kill("rescore")
    site.children.kill("worker")
    assert site.rows("select * from submissions_entry order by id") == entries
    site.start_worker()
    site.children.start("rescore", "django", "rescore_entries", "--phase", "trial/dev")
    site.wait_until(lambda: site.children.has_ended("rescore"), within=240)

    assert "All of them have scores by the present versions." in site.log("rescore")
    assert site.rows("select * from submissions_entry order by id") == entries
    kept = "select count(*), count(distinct entry_id) from submissions_score where metric ="
    assert len(old) == 3
    assert site.rows(f"{kept} 'term-success' and value = 7") == [(3, 3)]
    assert site.rows(f"{kept} 'term-success'") == [(6, 3)]
    assert site.rows(f"{kept} 'bleu'") == [(3, 3)]
    assert "0 entries to score again." in site.manage("rescore_entries")
    shown = "select body->'signatures'->>'term-success' from leaderboard_boardsnapshot"
    site.wait_for(shown, lambda rows: before in rows[0][0], within=120)
    site.manage("show_metric_version", "trial/dev")
    assert now in site.rows(shown)[0][0]
