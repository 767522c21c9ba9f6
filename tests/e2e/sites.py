"""Sites of real processes, for tests and benchmarks."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from tests.e2e.site import Site
from tests.integration.samples import REFERENCE, SOURCE

REDIS_DATABASES = itertools.count(16)  # those below are taken by name


@pytest.fixture(scope="module")
def make_site(
    tmp_path_factory: pytest.TempPathFactory, require_service: Callable[[str], str]
) -> Iterator[Callable[..., Site]]:
    """Return a function that makes a site on PostgreSQL and Redis; settings may be replaced.

    In a setting `{database}` stands for the name of the site's own.
    """
    database, broker = require_service("postgresql"), require_service("redis")
    sites: list[Site] = []
    names: list[str] = []

    def make(**settings: str) -> Site:
        names.append(f"e2e_{secrets.token_hex(4)}")
        _execute(database, "create database {}", names[-1])
        defaults = {
            "DATABASE_URL": _with_database(database, names[-1]),
            # A database of Redis's own for each site: no message reaches another's worker.
            "BROKER_URL": _with_database(broker, str(next(REDIS_DATABASES))),
            "NODES_BROKER_URL": _with_database(broker, str(next(REDIS_DATABASES))),
        }
        own = {name: value.replace("{database}", names[-1]) for name, value in settings.items()}
        sites.append(Site(tmp_path_factory.mktemp("site") / "state", defaults | own))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
    for name in names:
        _execute(database, "drop database {} with (force)", name)


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


def _with_database(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + name


def _execute(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
