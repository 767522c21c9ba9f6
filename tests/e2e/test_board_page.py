"""A board in a browser: what stays in sight, what the keyboard and a finger reach, what moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.site import Site
from tests.e2e.walking import faults

BOARD = "/boards/spring/test/en-fr"
SIGNATURE = "scorer:term-success|v:1"
PAGES = {
    "start": "/",
    "board": BOARD,
    "dense": f"{BOARD}?dense=1&sort=bleu&track=constrained",
    "nothing": f"{BOARD}?track=unconstrained&entries=primary&team=team-1-1",
    "empty": "/boards/spring/test/en-de",
}


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Site:
    """A site with a board on it that polls each second, as in the demo."""
    site = make_site(DEMO="true")
    site.run("tests.e2e.board_seed", "fill")
    site.start_web()
    return site


@pytest.fixture
def touch(browser: Browser) -> Iterator[Page]:
    """Return a tab of a small screen that is touched."""
    context = browser.new_context(has_touch=True, viewport={"width": 380, "height": 760})
    yield context.new_page()
    context.close()


def number(page: Page, system: str, metric: str) -> Locator:
    row = page.locator("tr", has=page.get_by_text(system, exact=True))
    return row.locator(f"[data-metric={metric}]")


def place(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"], box["y"]


def test_head_and_names_stay_in_sight_while_the_table_scrolls(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 900, "height": 700})
    page.goto(site.url + BOARD)
    frame = page.locator("#board-frame")
    frame.scroll_into_view_if_needed()
    head = page.get_by_role("columnheader", name="System", exact=True).last
    name = page.locator("tr", has=page.get_by_text("System 30", exact=True)).locator("th")
    head_at, name_at = place(head), place(name)

    frame.evaluate("frame => frame.scrollTo(400, 500)")

    assert place(head) == head_at
    assert place(name) == (name_at[0], name_at[1] - 500)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_table_is_one_stop_of_the_tab_key_and_arrows_lead_on(page: Page, site: Site) -> None:
    page.goto(site.url + BOARD)
    page.get_by_role("link", name="Over-applied").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.score')"):
            break
    first = number(page, "System 0", "term-success")
    expect(first).to_be_focused()
    expect(page.locator(".number-note")).to_contain_text(first.get_attribute("value") or "none")
    expect(page.locator(".number-note")).to_contain_text(SIGNATURE)

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")

    expect(number(page, "System 1", "term-consistency")).to_be_focused()
    expect(page.locator(".number-note")).to_contain_text("scorer:term-consistency")
    expect(page.locator(".score[tabindex='0']")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".number-note")).to_have_count(0)


def test_a_finger_reaches_the_exact_value(touch: Page, site: Site) -> None:
    touch.goto(site.url + BOARD)
    shown = number(touch, "System 0", "term-success")

    shown.tap()

    expect(touch.locator(".number-note")).to_contain_text(shown.get_attribute("value") or "none")
    expect(touch.locator(".number-note")).to_contain_text(SIGNATURE)
    touch.get_by_role("heading", level=1).tap()
    expect(touch.locator(".number-note")).to_have_count(0)


def test_a_board_that_changes_keeps_what_the_reader_had_before_them(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 900, "height": 700})
    page.goto(site.url + BOARD)
    frame = page.locator("#board-frame")
    about = page.locator("details.about").nth(20)
    about.locator("summary").click()
    opened = about.get_attribute("id")
    frame.evaluate("frame => frame.scrollTo(300, 450)")

    site.run("tests.e2e.board_seed", "add", "Newcomer")

    expect(page.get_by_text("Newcomer", exact=True)).to_be_attached(timeout=30_000)
    expect(page.locator(f"#{opened}")).to_have_attribute("open", "")
    assert frame.evaluate("frame => [frame.scrollLeft, frame.scrollTop]") == [300, 450]


def test_a_filter_that_is_being_chosen_is_not_swept_away(page: Page, site: Site) -> None:
    page.goto(site.url + BOARD)
    page.get_by_label("Track").select_option("unconstrained")

    site.run("tests.e2e.board_seed", "add", "Latecomer")
    page.wait_for_timeout(2500)  # milliseconds; two polls

    expect(page.get_by_label("Track")).to_have_value("unconstrained")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("systems shown.")).to_be_visible()
    expect(page.get_by_label("Track")).to_have_value("unconstrained")


def test_without_javascript_filters_sorting_and_values_are_there(
    browser: Browser, site: Site
) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + BOARD)

    page.get_by_label("Entries").select_option("primary")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="BLEU").click()

    assert page.url == f"{site.url}{BOARD}?sort=bleu&entries=primary"
    expect(page.get_by_text("systems shown.")).to_be_visible()
    shown = number(page, "System 0", "bleu")
    assert shown.get_attribute("title") == shown.get_attribute("value")
    context.close()


def test_a_first_visit_is_small(browser: Browser, site: Site) -> None:
    """150 kB and ten requests; letters beyond Latin 1 may take 30 kB more."""
    sizes: dict[str, tuple[int, int]] = {}

    def visit(name: str, path: str) -> None:
        context = browser.new_context()
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        loaded: list[float] = []
        session.on(
            "Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"])
        )
        page.goto(site.url + path, wait_until="networkidle")
        page.evaluate("document.fonts.ready.then(() => null)")
        sizes[name] = len(loaded), round(sum(loaded))
        context.close()

    visit("board", BOARD)
    visit("start", "/")
    site.run("tests.e2e.board_seed", "add", "Příšerně žluťoučký kůň")
    visit("Czech", BOARD)

    print(f"\nrequests and bytes of a first visit: {sizes}")
    assert all(requests <= 10 for requests, _ in sizes.values())
    assert sizes["board"][1] < 150_000
    assert sizes["start"][1] < 150_000
    assert sizes["board"][1] + 5_000 < sizes["Czech"][1] < sizes["board"][1] + 30_000


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    browser: Browser, site: Site, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    for name, path in PAGES.items():
        page.goto(site.url + path)

        assert faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    context.close()
