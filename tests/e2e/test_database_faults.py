"""A database behind PgBouncer, which restarts and goes away: nothing ends, everything goes on."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.e2e.session import COOKIE, post, session_of
from tests.e2e.site import Site
from tests.integration.samples import PERFECT, REFERENCE, SOURCE, as_text, count_scores
from tests.services.middlemen import PgBouncer

AWAY = float(os.environ.get("TERMINARIUM_TEST_AWAY", "3"))  # seconds, once everybody has noticed
WITHIN = 90  # seconds
FIELDS = {"terminology_use": "inference", "is_constrained": "on", "wants_primary": "on"}
PAGES = [
    "/",
    "/boards/trial/dev/en-fr",
    "/tasks/trial/",
    "/status",
    "/submissions/",
    "/account/",
    "/tasks/trial/dev/submit",  # its form's choices were read by a cursor of the server
    "/admin/",
    "/admin/submissions/entry/",
    "/admin/sharedtasks/testset/",
    "/admin/sharedtasks/phase/add/",
    "/admin/accounts/team/add/",
    "/admin/accounts/user/",
]


@pytest.fixture(scope="module")
def pool(require_service: Callable[[str], str]) -> Iterator[PgBouncer]:
    """Return a PgBouncer that has been started."""
    require_service("pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="terminarium-pgbouncer-"))
    folder.chmod(0o711)  # its user has to pass through
    pool = PgBouncer(require_service("postgresql"))
    try:
        pool.start(folder)
        yield pool
    finally:
        pool.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def site(
    pool: PgBouncer, make_site: Callable[..., Site], require_service: Callable[[str], str]
) -> Site:
    address = f"postgresql://terminarium@127.0.0.1:{pool.port}/{{database}}"
    site = make_site(DATABASE_URL=address, FAULT="waits")
    # Not ours: each connection has to be told otherwise, and must not pass it on to others.
    name = site.environment["DATABASE_URL"].rsplit("/", 1)[1]
    with psycopg.connect(require_service("postgresql"), autocommit=True) as connection:
        connection.execute(f"alter database {name} set timezone to 'Asia/Seoul'")
    (site.folder / "source.sgm").write_text(SOURCE)
    (site.folder / "reference.sgm").write_text(REFERENCE)
    site.import_test_set(site.folder / "source.sgm", site.folder / "reference.sgm")
    site.start_web()
    site.start_worker("tests.e2e.faulty_worker")
    site.start_sweeper()
    return site


@pytest.fixture(scope="module")
def cookies(site: Site) -> dict[str, str]:
    return {name: session_of(site, name) for name in ("alice", "olga")}


def upload(site: Site, session: str, system: str) -> int:
    team = "1"  # alice's, the first
    files = {"ours.en-fr.txt": as_text((*PERFECT[:3], f"la fièvre et la toux , {system} ."))}
    return post(
        site, session, "/tasks/trial/dev/submit", FIELDS | {"team": team, "system": system}, files
    )


def statuses(site: Site, cookies: dict[str, str]) -> dict[tuple[str, str], int]:
    """Return the answers to all pages, for a member and an organiser, several at once."""
    asked = [(path, f"{COOKIE}={cookie}") for path in PAGES for cookie in cookies.values()]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: site.status_of(*one)[0], asked))
    return {
        (path, name): status
        for ((path, name), status) in zip(
            [(path, name) for path in PAGES for name in cookies], answers, strict=True
        )
    }


def test_every_page_and_a_submission_work_behind_a_pool_of_transactions(
    site: Site, cookies: dict[str, str]
) -> None:
    for _ in range(2):
        found = statuses(site, cookies)
        refused = {key: status for key, status in found.items() if status >= 400}
        assert all(path.startswith("/admin/") and name == "alice" for path, name in refused), (
            refused
        )
        assert all(status < 500 for status in found.values())

    site.let_go()
    assert upload(site, cookies["alice"], "Pooled") == 302
    site.wait_for(own("state"), lambda rows: rows == [("scored",)], within=WITHIN)
    [(at,)] = site.rows("select max(created_at) from submissions_entry where kind = 'system'")
    assert abs(at.timestamp() - time.time()) < WITHIN  # no time zone was taken for another


def test_a_restart_of_the_database_fails_no_request(
    site: Site, cookies: dict[str, str], pool: PgBouncer
) -> None:
    statuses(site, cookies)  # every thread of the server has a connection

    restart(pool)

    assert all(status < 500 for status in statuses(site, cookies).values())


def test_a_database_that_goes_away_ends_nothing_and_all_goes_on(
    site: Site, cookies: dict[str, str], pool: PgBouncer
) -> None:
    (site.folder / "faults.log.go").unlink(missing_ok=True)
    begun = site.fault_count()
    assert upload(site, cookies["alice"], "In the dark") == 302
    site.wait_until(lambda: site.fault_count() > begun, within=WITHIN)
    folder = pool.log.parent
    pool.kill()
    try:
        site.let_go()  # its result is there, and nobody takes it
        site.wait_until(lambda: "takes nothing at the moment" in site.log("worker"), within=WITHIN)
        site.wait_until(lambda: "a step of the sweep failed" in site.log("sweeper"), within=WITHIN)
        for path in ("/", "/submissions/", "/account/", "/admin/", "/status", "/entries/1/"):
            status, page = site.status_of(path, f"{COOKIE}={cookies['olga']}")
            assert (status, "cannot reach our database" in page) == (503, True), path
            assert "Traceback" not in page
        assert upload(site, cookies["alice"], "Too soon") == 503
        time.sleep(AWAY)
    finally:
        pool.start(folder)

    site.wait_for(own("state"), lambda rows: rows == [("scored",)] * 2, within=WITHIN)
    assert upload(site, cookies["alice"], "Afterwards") == 302
    site.wait_for(own("state"), lambda rows: rows == [("scored",)] * 3, within=WITHIN)
    site.children.check()  # none of them has ended
    assert (
        site.rows(own("attempts")) == [(1,)] * 3
    )  # a result that has waited is not worked out again
    assert (
        site.rows(
            "select count(*) from submissions_score join submissions_entry on entry_id = "
            "submissions_entry.id where kind = 'system' group by entry_id"
        )
        == [(count_scores(),)] * 3
    )


def own(columns: str) -> str:
    return f"select {columns} from submissions_entry where kind = 'system'"


def restart(pool: PgBouncer) -> None:
    folder = pool.log.parent
    pool.kill()
    pool.start(folder)
