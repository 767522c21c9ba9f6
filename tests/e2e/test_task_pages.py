"""The pages of a shared task in a real browser: deadlines, narrow windows, accessibility."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.site import Site
from tests.e2e.walking import faults

PAGES = ["", "rules", "data", "metrics", "how-to-submit"]
ROWS = "id\tdoc\tsource\ttarget\n1\ta\tTake a tablet.\tPrenez un comprimé.\n"
RULES = "# Data\n| corpus | size |\n|---|--:|\n| A | 12 |\n\n    code\n\n> quoted\n"


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with a phase that is open for two days more, and one that is ahead."""
    site = make_site()
    rows = tmp_path_factory.mktemp("rows") / "test.en-fr.tsv"
    rows.write_text(ROWS)
    for phase in ("test", "later"):
        site.manage(
            "import_test_set", "--create",
            "--shared-task", "trial", "--phase", phase, "--language-pair",
            "en-fr", "--source", str(rows), "--terminology", str(terms(rows.parent)),
            "--text-form", "raw",
        )  # fmt: skip
        site.announce("trial", phase)
    site.manage("build_evaluator")
    with psycopg.connect(site.environment["DATABASE_URL"]) as database:
        database.execute(
            "update sharedtasks_sharedtask set rules = %s, description = %s", [RULES, RULES]
        )
        database.execute(
            "update sharedtasks_phase set closes_at = now() + interval '2 days' where slug = 'test'"
        )
        database.execute(
            "update sharedtasks_phase set opens_at = now() + interval '9 days' where slug = 'later'"
        )
    site.start_web()
    return site


def terms(folder: Path) -> Path:
    path = folder / "terms.tsv"
    path.write_text("tablet\tcomprimé|pastille\n")
    return path


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def narrow(browser: Browser, scheme: str) -> Iterator[Page]:
    """A small telephone."""
    with browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme=scheme
    ) as context:
        yield context.new_page()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barriers_and_fits_a_telephone(name: str, site: Site, narrow: Page) -> None:
    errors: list[str] = []
    narrow.on("console", lambda message: message.type == "error" and errors.append(message.text))
    narrow.goto(f"{site.url}/tasks/trial/{name}")

    assert faults(narrow) == []
    assert narrow.evaluate("document.documentElement.scrollWidth") == 360
    assert errors == []


def test_no_formula_is_cut_off(site: Site, narrow: Page) -> None:
    narrow.goto(f"{site.url}/tasks/trial/metrics")

    cut = "[...document.querySelectorAll('.formula')].filter(e => e.scrollWidth > e.clientWidth)"
    assert narrow.evaluate(f"{cut}.length") == 0


def test_deadlines_count_down_in_the_readers_own_time(site: Site, browser: Browser) -> None:
    with browser.new_context(timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto(f"{site.url}/tasks/trial/")
        countdown = page.locator(".countdown").first
        deadline = datetime.fromisoformat(countdown.get_attribute("datetime"))
        # However long ago the site was made, and however busy the machine is.
        page.clock.install(time=deadline - timedelta(days=1, hours=23, minutes=59, seconds=42))
        page.goto(f"{site.url}/tasks/trial/")

        expect(countdown).to_have_text(re.compile(r"^in 1 day 23:59:\d\d$"))
        before = countdown.text_content()
        width = countdown.bounding_box()["width"]
        page.clock.run_for(3000)  # milliseconds
        expect(countdown).not_to_have_text(before or "")
        assert countdown.bounding_box()["width"] == width
        expect(page.get_by_role("columnheader", name="Your time")).to_be_visible()
        expect(page.locator(".local-time").first).to_have_text(
            re.compile(r"^\d+ \w+ 20\d\d, \d\d:\d\d GMT\+9$")
        )


def test_nothing_moves_for_who_wants_no_motion(site: Site, browser: Browser) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{site.url}/tasks/trial/")

        expect(page.locator(".local-time").first).not_to_be_empty()
        expect(page.locator(".countdown").first).to_have_text("in 1 day")


def test_without_scripts_there_is_no_empty_column(site: Site, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site.url}/tasks/trial/")

        expect(page.get_by_role("columnheader", name="AoE")).to_be_visible()
        expect(page.get_by_text("Your time")).to_be_hidden()
        expect(page.locator(".countdown").first).to_have_text("in 1 day")


def test_a_reader_with_a_keyboard_takes_a_file_home(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/tasks/trial/")
    page.get_by_role("link", name="Data", exact=True).focus()
    page.keyboard.press("Enter")

    link = page.get_by_role("link", name="Annotated sources of test, en-fr, as JSON lines")
    link.focus()
    with page.expect_download() as taken:
        page.keyboard.press("Enter")

    assert taken.value.suggested_filename == "trial.test.en-fr.source.jsonl"
    assert "comprimé|pastille" in taken.value.path().read_text()


def test_axe_looks_at_rows_of_every_shape(page: Page) -> None:
    row, faint = "<tr><td>some<td>words", '<tr><td>some<td style="color: #ddd">words'
    page.set_content(
        f"<html lang=en><title>Rows</title><main><h1>Rows</h1><table>{row * 9}{faint}{row * 9}"
        f"</table><ul>{'<li>a' * 9}</ul></main>"
    )
    before = page.content()

    found = faults(page)

    assert [fault.partition(":")[0] for fault in found] == ["color-contrast"]
    assert page.content() == before
