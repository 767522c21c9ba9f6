"""PostgreSQL databases that are copies of a migrated one: a copy takes a moment, migrating many.

The first who asks for a template makes it, in whichever process; the others wait for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
LOCK = 29_2026  # of PostgreSQL's advisory locks: who makes a template holds it
FILLED_WITHIN = 300  # seconds, on a busy machine
MIGRATED, SEEDED = "template_migrated", "template_seeded"


def migrated_template(server: str) -> str:
    """Return the name of a database with all tables and no rows of ours."""
    return _template(server, MIGRATED, "template1", "django", "migrate", "--verbosity", "0")


def seeded_template(server: str) -> str:
    """Return the name of one that has the end-to-end tests' people and teams as well."""
    return _template(server, SEEDED, migrated_template(server), "tests.e2e.seed", "set_up")


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


def _template(server: str, name: str, base: str, *fill: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        names = connection.execute("select 1 from pg_database where datname = %s", [name])
        if names.fetchone() is None:
            half_made = f"{name}_half_made"  # nobody finds it before it is whole
            drop_database(server, half_made)
            _run(create_database(server, half_made, base), *fill)
            _execute(server, "alter database {} rename to {}", half_made, name)
    return name


def _run(database: str, *module: str) -> None:
    subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
        timeout=FILLED_WITHIN,
    )


def _execute(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
