"""Databases of PostgreSQL, SQLite and Redis that nobody else has.

PostgreSQL's are copies of one that is migrated: a copy takes a moment, migrating takes many. The
first who asks for such a template makes it, in whichever process; the others wait for it. The same
goes for a site's SQLite file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from tests.environment import ROOT, RUN_DIR

SERVER = "TERMINARIUM_TEST_DATABASE_URL"
LOCK = 29_2026  # of PostgreSQL's advisory locks: who makes a template holds it
FILLED_WITHIN = 600  # seconds, where every core is busy
MIGRATED, SEEDED = (f"{kind}_{RUN_DIR.name[-8:]}" for kind in ("migrated", "seeded"))
SEEDED_STATE = RUN_DIR / "seeded"
SEEDED_FILE, SEEDED_FILE_STATE = RUN_DIR / "seeded.sqlite3", RUN_DIR / "seeded-file"


@pytest.fixture(scope="session")
def redis_database(require_service: Callable[[str], str]) -> Callable[[], str]:
    """Return a function that returns the address of an empty database of Redis, of its own."""

    def take() -> str:
        server = require_service("redis")
        with Redis.from_url(server) as client:  # it counts for all processes
            return with_name(server, str(client.incr("terminarium-tests-databases")))

    return take


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Make this process's test database as a copy of a migrated one."""
    from django.conf import settings

    if server := os.environ.get(SERVER):
        test = settings.DATABASES["default"].setdefault("TEST", {})
        test["TEMPLATE"] = migrated_template(server)


def migrated_template(server: str) -> str:
    """Return the name of a database with all tables and no rows of ours."""
    return _template(server, MIGRATED, "template1", "django", "migrate", "--verbosity", "0")


def create_seeded(server: str, name: str, state: Path) -> str:
    """Create a site's database and its folder, with people and teams; return its address."""
    migrated = migrated_template(server)
    seeded = _template(server, SEEDED, migrated, "tests.e2e.seed", "set_up", "static")
    shutil.copytree(SEEDED_STATE, state)
    return create_database(server, name, seeded)


def copy_seeded_file(file: Path, state: Path) -> None:
    """Make a site's SQLite file and its folder, with people and teams."""
    with SEEDED_FILE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not SEEDED_FILE.exists():
            half_made = SEEDED_FILE.with_suffix(".half-made")
            database = f"sqlite:///{half_made}"
            _run(database, "tests.e2e.seed", "set_up", "static", state=SEEDED_FILE_STATE)
            _copy_file(half_made, SEEDED_FILE)
    shutil.copytree(SEEDED_FILE_STATE, state)
    _copy_file(SEEDED_FILE, file)


def _copy_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target)) as theirs:
        ours.backup(theirs)  # with what stands in its log only


def create_database(server: str, name: str, template: str) -> str:
    """Create a database as a copy of another; return its address."""
    _execute(server, "create database {} template {}", name, template)
    return with_name(server, name)


def drop_database(server: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    _execute(server, "drop database if exists {} with (force)", name)


def with_name(server: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return server.rsplit("/", 1)[0] + "/" + name


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop the templates: the server may be one that outlives the tests."""
    server = os.environ.get(SERVER)
    if server and not hasattr(session.config, "workerinput"):
        for name in (SEEDED, MIGRATED):
            if (RUN_DIR / name).exists():
                drop_database(server, name)


def _template(server: str, name: str, base: str, *fill: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        names = connection.execute("select 1 from pg_database where datname = %s", [name])
        if names.fetchone() is None:
            (RUN_DIR / name).touch()
            half_made = f"{name}_half_made"  # nobody finds it before it is whole
            drop_database(server, half_made)
            _run(create_database(server, half_made, base), *fill)
            _execute(server, "alter database {} rename to {}", half_made, name)
    return name


def _run(database: str, *module: str, state: Path = SEEDED_STATE) -> None:
    state.mkdir(exist_ok=True)
    settings = {"DATABASE_URL": database, "STATE_DIR": str(state), "DEBUG": "false"}
    subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=os.environ | settings | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
        timeout=FILLED_WITHIN,
    )


def _execute(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
