"""Twenty uploads at once: all there, all scored once, on either database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.e2e.session import post, session_of
from tests.e2e.site import Site
from tests.integration.samples import PERFECT, REFERENCE, SOURCE, as_text, count_scores

UPLOADS = 20
FIELDS = {"terminology_use": "inference", "is_constrained": "on", "wants_primary": "on"}


@pytest.fixture(params=["postgresql and redis", "sqlite and the embedded broker"])
def site(request: pytest.FixtureRequest, make_site: Callable[..., Site], tmp_path: Path) -> Site:
    embedded = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'platform.sqlite3'}",
        "BROKER_URL": "filesystem://localhost",
    }
    site = make_site(**({} if request.param.startswith("postgresql") else embedded))
    (site.folder / "source.sgm").write_text(SOURCE)
    (site.folder / "reference.sgm").write_text(REFERENCE)
    site.import_test_set(site.folder / "source.sgm", site.folder / "reference.sgm")
    site.start_web()
    site.start_worker(tasks_at_once=2)
    site.start_sweeper()
    return site


def test_twenty_uploads_at_once_are_all_there_and_all_scored_once(site: Site) -> None:
    session = session_of(site, "alice")
    team = site.rows("select id from accounts_team where slug = 'lighthouse'")[0][0]
    barrier = Barrier(UPLOADS, timeout=60)

    def upload(number: int) -> int:
        texts = (*PERFECT[:3], f"la fièvre et la toux , {number} fois .")
        fields = FIELDS | {"team": str(team), "system": f"System {number}"}
        barrier.wait()
        files = {"ours.en-fr.txt": as_text(texts)}
        return post(site, session, "/tasks/trial/dev/submit", fields, files)

    with ThreadPoolExecutor(UPLOADS) as threads:
        statuses = list(threads.map(upload, range(UPLOADS)))
    own = "select count(*) from submissions_entry where kind = 'system'"
    site.wait_for(f"{own} and state = 'scored'", lambda rows: rows == [(UPLOADS,)], within=120)

    assert statuses == [302] * UPLOADS
    assert site.rows(own) == [(UPLOADS,)]
    assert site.rows("select state, count(*) from submissions_submission group by state") == [
        ("accepted", UPLOADS)
    ]
    assert site.rows("select count(distinct system) from submissions_submission") == [(UPLOADS,)]
    scores = site.rows(
        "select count(*), count(distinct metric) from submissions_score join submissions_entry "
        "on submissions_entry.id = entry_id where kind = 'system' group by entry_id"
    )
    assert scores == [(count_scores(), count_scores())] * UPLOADS
    moves = "select count(*) from submissions_statechange where {} and old <> new"
    assert site.rows(moves.format("submission_id is not null")) == [(2 * UPLOADS,)]
    assert site.rows(f"{own} and is_primary") == [(1,)]
