"""A real browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.session import COOKIE, session_of
from tests.e2e.site import Site

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def browser(require_service: Callable[[str], str]) -> Iterator[Browser]:
    """Return a running Chromium.

    While Playwright runs, its event loop does, and Django's models refuse to work: so it ends with
    its module.
    """
    path = require_service("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser window without cookies; a page's script error fails the test."""
    errors: list[str] = []
    context = browser.new_context(reduced_motion="reduce")  # what turns takes a tenth of a core
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


@pytest.fixture(scope="module")
def alices_cookie(site: Site) -> str:
    """Return the session of alice, who has signed in at the module's site."""
    return session_of(site, "alice")


@pytest.fixture
def alices(context: BrowserContext, page: Page, site: Site, alices_cookie: str) -> Page:
    """The tab of alice."""
    context.add_cookies([{"name": COOKIE, "value": alices_cookie, "url": site.url}])
    return page


@pytest.fixture
def plain(browser: Browser, site: Site, alices_cookie: str) -> Iterator[Page]:
    """The tab of alice in a browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": COOKIE, "value": alices_cookie, "url": site.url}])
    yield context.new_page()
    context.close()
