"""Sites of real processes, and a real browser."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from psycopg import sql

from tests.e2e.site import Site

REDIS_DATABASES = itertools.count(16)  # those below are taken by name

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def make_site(
    tmp_path_factory: pytest.TempPathFactory, require_service: Callable[[str], str]
) -> Iterator[Callable[..., Site]]:
    """Return a function that makes a site on PostgreSQL and Redis; settings may be replaced."""
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
        sites.append(Site(tmp_path_factory.mktemp("site") / "state", defaults | settings))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
    for name in names:
        _execute(database, "drop database {} with (force)", name)


@pytest.fixture(scope="session")
def browser(require_service: Callable[[str], str]) -> Iterator[Browser]:
    """Return a running Chromium."""
    path = require_service("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser window without cookies; a page's script error fails the test."""
    errors: list[str] = []
    context = browser.new_context()
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return an empty tab."""
    page = context.new_page()
    page.set_default_timeout(15_000)  # milliseconds
    return page


def _with_database(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + name


def _execute(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
