"""How long people wait, at a site of real processes on PostgreSQL and Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import median

import pytest

from tests.bench.conftest import Record
from tests.e2e.site import Site

pytestmark = pytest.mark.bench

ROUNDS = 10
WAITS = {"first score": 0.4, "all five scores": 1.2, "five fresh boards": 2.5}  # s, medians
WORKERS = 2
FILES = 250
SYSTEMS = 43  # on five test sets
SPEED = 0.9  # of a rescore


def test_an_upload_of_five_files_to_an_idle_site(
    make_site: Callable[..., Site], record: Record
) -> None:
    site = make_site(is_forked=False)
    site.start_worker(tasks_at_once=WORKERS)

    rounds = json.loads(site.run("tests.bench.pipeline_uploads", "five", str(ROUNDS)))

    for (what, at_most), waits in zip(WAITS.items(), zip(*rounds, strict=True), strict=True):
        wanted = f"≤ {at_most:g} s"
        record(f"upload of five files → {what}, elapsed", "–", f"{median(waits):.2f} s", wanted)
    assert len(rounds) == ROUNDS


def test_a_team_with_many_files_delays_another_by_an_entry_for_each_worker(
    make_site: Callable[..., Site], record: Record
) -> None:
    site = make_site(is_forked=False)
    site.start_worker(tasks_at_once=WORKERS)

    before, left, wait = json.loads(
        site.run("tests.bench.pipeline_uploads", "turns", str(FILES)).splitlines()[-1]
    )

    work = f"{FILES} files of a team, then one of another: scored before it, {left} left"
    # Each worker ends what it had begun; while one scores it, the others take the next.
    at_most = 2 * WORKERS - 1
    record(work, "–", f"{before} files, {wait:.1f} s", f"≤ {at_most} files")
    assert before <= at_most


def test_a_correction_is_scored_at_the_workers_full_speed(
    make_site: Callable[..., Site], record: Record
) -> None:
    site = make_site(is_forked=False)
    site.start_worker(tasks_at_once=WORKERS)

    rescored, corrected = json.loads(
        site.run("tests.bench.pipeline_uploads", "again", str(SYSTEMS)).splitlines()[-1]
    )

    record(
        f"correction of 5 test sets with {SYSTEMS} entries each",
        f"{rescored:.1f} entries/s (a rescore)",
        f"{corrected:.1f} entries/s",
        f"≥ {SPEED:g} of a rescore",
    )
    assert corrected >= SPEED * rescored
