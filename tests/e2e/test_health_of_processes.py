"""Real processes are heard of, missed, and refuse a storage that is not the site's."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.child_processes import ChildFailed
from tests.e2e.site import Site

WORKERS = [f"worker for {queue}" for queue in ("boards", "celery", "checks", "images", "ranges")]
PARTS = len(["web", "sweeper", *WORKERS])
WITHIN = 60  # seconds


def health(site: Site, path: str) -> tuple[int, list[str]]:
    request = urllib.request.Request(site.url + path, headers={"Host": "10.0.0.7"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert not answer.headers["Set-Cookie"]
            return answer.status, json.loads(answer.read())["missing"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["missing"]


def wait_until_missing(site: Site, expected: list[str]) -> None:
    deadline = time.monotonic() + WITHIN
    while (found := health(site, "/healthz/all")[1]) != expected:
        assert time.monotonic() < deadline, f"{found}\n{site.log_tails()}"
        time.sleep(0.2)


def end_of(site: Site, name: str) -> str:
    """Wait until a process ends by itself; return the end of its log."""
    with pytest.raises(ChildFailed, match=f"The {name} ended with status") as ended:
        check_until_it_ends(site)
    site.children.end(name)
    return str(ended.value)


def check_until_it_ends(site: Site) -> None:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        site.children.check()
        time.sleep(0.1)
    pytest.fail(site.log_tails())


@pytest.fixture
def site(make_small_site: Callable[..., Site]) -> Site:
    # Short leases: heartbeats come every second.
    return make_small_site(NODE_LEASE="4")


def test_a_site_knows_what_is_there_and_what_is_gone(site: Site, tmp_path: Path) -> None:
    assert health(site, "/readyz") == (200, [])
    assert health(site, "/healthz/all") == (503, ["sweeper", *WORKERS])

    # A worker whose only child hangs is heard of all the same.
    site.environment |= {"FAULT": "hangs"}
    site.start_worker("tests.e2e.faulty_worker", tasks_at_once=2)
    site.start_sweeper()
    wait_until_missing(site, [])
    output = tmp_path / "output.sgm"
    output.write_bytes((site.folder / "reference.sgm").read_bytes().replace(b"refset", b"tstset"))
    [(test_set,)] = site.rows("select max(id) from sharedtasks_testset")
    for _ in range(3):
        site.submit(test_set, output)
    site.wait_for(
        "select count(*) > 1 from submissions_entry where kind = 'system' and claimed_by <> ''",
        lambda rows: rows == [(True,)],
        within=WITHIN,
    )
    beats = "select count(*) from health_heartbeat where at > now() - interval '3 seconds'"
    [(since,)] = site.rows("select now()")
    site.wait_for(
        f"select count(*) from health_heartbeat where at > '{since}'::timestamptz "
        "+ interval '3 seconds'",
        lambda rows: rows == [(PARTS,)],
        within=20,
    )
    assert site.rows(beats) == [(PARTS,)]

    site.children.kill("worker")
    site.children.kill("sweeper")
    site.rows("update health_heartbeat set at = at - interval '1 minute' returning 1")
    wait_until_missing(site, ["sweeper", *WORKERS])

    # The mount is another folder now: each of them says so and ends; the web server stays.
    marker = site.folder / "files" / ".terminarium-storage"
    text = marker.read_text()
    marker.unlink()
    site.start_worker()
    assert "This worker does not start" in end_of(site, "worker")
    site.start_sweeper()
    assert "is not the storage of this site" in end_of(site, "sweeper")
    time.sleep(1.1)  # an answer holds for a second
    assert health(site, "/readyz") == (503, ["storage"])
    assert health(site, "/healthz") == (200, [])

    # A worker that is running when the storage goes away ends, too.
    marker.write_text(text)
    site.start_worker()
    site.start_sweeper()
    wait_until_missing(site, [])
    site.children.kill("sweeper")
    marker.write_text("another site's")
    assert "is the storage of another site" in end_of(site, "worker")
