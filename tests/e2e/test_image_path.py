"""A system as an image, from the upload in a browser to the leaderboards: everything is real."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo.systems import LANGUAGE_PAIRS
from tests.containers import COPY, Images
from tests.e2e.seed import ORGANISER
from tests.e2e.session import COOKIE, session_of
from tests.e2e.site import Site
from tests.environment import ROOT

DATA = ROOT / "platform" / "demo" / "data"
DONE = re.compile(r"(\d+) of \d+ segments")
WITHIN = 120_000  # milliseconds


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site], engine_address: str) -> Site:
    """The demo's five test sets in a phase that takes images; web, worker, sweeper and a node."""
    site = make_site(NODE_HEARTBEAT="0.5", NODE_LEASE="10")
    for pair in LANGUAGE_PAIRS:
        site.manage(
            "import_test_set", "--create",
            "--shared-task", "terms", "--phase", "dev", "--text-form", "raw",
            "--language-pair", pair, "--source", str(DATA / f"{pair}.tsv"),
            "--terminology", str(DATA / f"{pair}.terms.tsv"),
        )  # fmt: skip
    site.announce("terms")
    site.allow_images()
    site.start_web()
    site.start_worker(tasks_at_once=2)
    site.start_sweeper()
    site.start_node("node-1", engine_address)
    return site


@pytest.fixture
def as_person(context: BrowserContext, site: Site) -> Callable[[str], Page]:
    """Return a function that signs somebody in and opens a tab."""

    def open_tab(name: str) -> Page:
        cookie = {"name": COOKIE, "value": session_of(site, name), "url": site.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.set_default_timeout(WITHIN)
        return page

    return open_tab


def test_an_image_sent_in_the_browser_ends_on_five_leaderboards(
    site: Site,
    as_person: Callable[[str], Page],
    dictionary_archive: Path,
    session_images: Images,
) -> None:
    page = as_person("alice")
    page.goto(f"{site.url}/tasks/terms/dev/submit-image")
    page.get_by_label("Archive of the image").set_input_files(dictionary_archive)
    page.get_by_label("System name").fill("Dictionary in a box")
    page.get_by_label("Primary system").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("link", name="See its entry")).to_have_count(5, timeout=WITHIN)
    page.goto(site.url + entry_path(site, "en-fr"))
    seen = watch_progress(page)

    assert len(seen) > 1, f"no progress was seen moving: {seen}"
    site.wait_for(
        "select state from submissions_entry where kind = 'system'",
        lambda rows: rows == [("scored",)] * 5,
        within=180,
    )
    page.reload()
    runs = page.locator("#runs tbody tr")
    smoke, test = runs.filter(has_text="Smoke run"), runs.filter(has_text="Run on the test set")
    expect(smoke).to_have_count(1)
    expect(test.get_by_text("node-1")).to_be_visible()
    expect(smoke.get_by_text("node-1")).to_be_visible()
    for pair in LANGUAGE_PAIRS:
        page.goto(f"{site.url}/boards/terms/dev/{pair}")
        expect(page.get_by_role("row").filter(has_text="Dictionary in a box")).to_be_visible()
    assert session_images.leftovers() == []
    assert site.rows("select count(*), count(distinct entry_id) from nodes_run") == [(10, 5)]
    assert site.rows("select distinct outcome, attempt from nodes_run") == [("ok", 1)]


def test_a_smoke_log_is_the_teams_and_a_test_log_the_organisers(
    site: Site, as_person: Callable[[str], Page], archive_of: Callable[..., Path]
) -> None:
    script = 'echo "what it says" >&2; cat > /dev/null; exit 3'
    submission = site.submit_image(archive_of(script))
    site.wait_for(
        f"select state from submissions_entry where submission_id = {submission}",
        lambda rows: rows == [("rejected",)] * 5,
        within=120,
    )
    [(entry,)] = site.rows(
        f"select min(entry_id) from nodes_run join submissions_entry e on e.id = entry_id "
        f"where e.submission_id = {submission}"
    )

    page = as_person("alice")
    page.goto(f"{site.url}/entries/{entry}/")
    page.get_by_text("The end of its log").click()

    expect(page.locator("pre.log")).to_have_text("what it says")


def test_of_a_run_on_the_test_set_the_team_sees_no_log(
    site: Site, as_person: Callable[[str], Page], archive_of: Callable[..., Path]
) -> None:
    # The sample sentences are five, a test set has fifty: it does well on the former alone.
    script = f'echo "of the test set" >&2; head -n 5 | {COPY}; exec cat > /dev/null'
    submission = site.submit_image(archive_of(script))
    site.wait_for(
        f"select state from submissions_entry where submission_id = {submission}",
        lambda rows: rows == [("rejected",)] * 5,
        within=180,
    )
    path = entry_path(site, "en-fr", submission)

    page = as_person("alice")
    page.goto(site.url + path)
    test = page.locator("#runs tbody tr").filter(has_text="Run on the test set")
    expect(test.get_by_text("for organisers")).to_be_visible()
    page = as_person(ORGANISER)
    page.goto(site.url + path)
    with page.expect_download() as download:
        test = page.locator("#runs tbody tr").filter(has_text="Run on the test set")
        test.get_by_role("link", name="download").click()

    assert Path(download.value.path()).read_text() == "of the test set\n"


def entry_path(site: Site, pair: str, submission: int | None = None) -> str:
    """Return the address of the entry of an image for a test set."""
    source, target = pair.split("-")
    which = f"and e.submission_id = {submission}" if submission else ""
    [(entry,)] = site.rows(
        "select max(e.id) from submissions_entry e "
        "join sharedtasks_testset t on t.id = e.test_set_id where e.kind = 'system' "
        f"and t.source_language = '{source}' and t.target_language = '{target}' {which}"
    )
    return f"/entries/{entry}/"


def watch_progress(page: Page) -> set[str]:
    """Look at the run on the test set until it is over; return the numbers that were seen."""
    seen: set[str] = set()
    for _ in range(600):
        text = " ".join(page.locator("#run-now").all_inner_texts())  # the page may change now
        if "test set" in text and (found := DONE.search(text)):
            seen.add(found[1])
        if page.locator("[data-metric]").count():
            break
        page.wait_for_timeout(200)
    return seen
