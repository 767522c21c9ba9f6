"""Sites of real processes, for tests and benchmarks."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import copy_seeded_file, create_seeded, drop_database
from tests.e2e.site import Site
from tests.integration.samples import REFERENCE, SOURCE

SQLITE = "sqlite:///"


@pytest.fixture(scope="module")
def make_site(
    tmp_path_factory: pytest.TempPathFactory,
    require_service: Callable[[str], str],
    redis_database: Callable[[], str],
) -> Iterator[Callable[..., Site]]:
    """Return a function that makes a site on PostgreSQL and Redis; settings may be replaced.

    In a setting `{database}` stands for the name of the site's own. Processes that are looked at
    from outside must not be forked.
    """
    server = require_service("postgresql")
    sites: list[Site] = []
    names: list[str] = []

    def make(*, is_forked: bool = True, **settings: str) -> Site:
        folder = tmp_path_factory.mktemp("site") / "state"
        address = settings.get("DATABASE_URL", "")
        if address.startswith(SQLITE):
            copy_seeded_file(Path(address.removeprefix(SQLITE)), folder)
        else:
            names.append(f"e2e_{secrets.token_hex(4)}")
            address = create_seeded(server, names[-1], folder)
        defaults = {
            "DATABASE_URL": address,
            # Each has a database of Redis for itself: no message reaches another site's worker.
            "BROKER_URL": redis_database(),
            "NODES_BROKER_URL": redis_database(),
        }
        name = address.rpartition("/")[2]
        own = {key: value.replace("{database}", name) for key, value in settings.items()}
        sites.append(Site(folder, defaults | own, is_seeded=True, is_forked=is_forked))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
    for name in names:
        drop_database(server, name)


@pytest.fixture(scope="module")
def make_small_site(make_site: Callable[..., Site]) -> Callable[..., Site]:
    """Return a function that makes a site with a test set of four segments, which takes images."""

    def make(**settings: str) -> Site:
        site = make_site(NODE_HEARTBEAT="0.5", **settings)
        source, reference = site.folder / "source.sgm", site.folder / "reference.sgm"
        source.write_text(SOURCE)
        reference.write_text(REFERENCE)
        site.import_test_set(source, reference, shared_task="small")
        site.allow_images()
        site.start_web()
        return site

    return make
