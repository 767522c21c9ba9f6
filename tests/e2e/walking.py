"""A walk through the pages of a filled demo, and what axe finds on them.

Pages are found as a reader finds them: by links, from the start page on. Axe looks at what a
template makes, whatever the words are: at a few rows of each shape, and once at each shape of a
page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Error, Page

from demo.sample_data import PASSWORD

OF_EACH_VIEW = 2  # addresses looked at; one with each choice that a query makes
NARROW, WIDE = 380, 1280  # pixels
LEFT_OUT = ("/admin/", "/static/")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": False,  # no rule of ours reads style sheets
    "resultTypes": ["violations"],  # what passes is not described, which takes half of the time
}
OUTLINE = (Path(__file__).parent / "outline.js").read_text()


@dataclass
class Looks:
    """What was looked at in a colour scheme at a width."""

    shapes: set[str] = field(default_factory=set)  # of pages' main parts
    texts: dict[str, int] = field(default_factory=dict)  # how many, by the elements around them


Walked = dict[tuple[str, int], Looks]


def sign_in(page: Page, address: str, role: str) -> None:
    page.goto(f"{address}/account/sign-in")
    page.get_by_label("Username").fill(role)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def links(page: Page, address: str) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    return [link for link in found if link.startswith(address + "/")]


def view_of(link: str) -> str:
    parts = urlsplit(link)
    if parts.path.startswith(LEFT_OUT):
        return ""
    try:
        match = resolve(parts.path)
    except Resolver404:
        return ""
    return f"{match.view_name}?{'&'.join(sorted(parts.query.split('=')[0:1]))}"


def opens(page: Page, link: str) -> bool:
    """Go to an address; return whether it is a page of its own, and no download or redirect."""
    try:
        answer = page.goto(link)
    except Error as error:
        if "Download is starting" in error.message:
            return False
        raise
    assert answer is not None
    assert answer.status < 400, f"{link} answers {answer.status}"
    is_page = "text/html" in answer.headers["content-type"]
    return is_page and answer.request.redirected_from is None


def pages(page: Page, address: str, *, with_queries: bool) -> Iterator[str]:
    """Open every page that can be reached, a few of each view."""
    waiting, seen, opened = [f"{address}/"], set(), Counter()
    while waiting:
        link = waiting.pop(0).split("#")[0]
        view = view_of(link)
        most = OF_EACH_VIEW if view.endswith("?") else int(with_queries)
        if not view or link in seen or opened[view] >= most:
            continue
        seen.add(link)
        if not opens(page, link):
            continue
        opened[view] += 1
        yield link
        waiting += links(page, address)


def faults(page: Page, texts: dict[str, int] | None = None) -> list[str]:
    """Return what axe finds wrong, in words; of what repeats itself it looks at the first few.

    `texts` holds whose contrast it has looked at before, and takes this page's.
    """
    texts = {} if texts is None else texts
    if page.evaluate("!globalThis.axe"):
        page.evaluate(Axe().axe_script)
    page.evaluate(f"{OUTLINE}; var putRepeatsBack = takeRepeatsOut()")
    texts |= page.evaluate("texts => chooseTexts(texts)", texts)
    response = page.evaluate("options => axe.run(options)", RULES)
    page.evaluate("forgetTexts(); putRepeatsBack()")
    assert response["passes"]  # it has looked
    return [
        f"{rule['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for rule in response["violations"]
        for node in rule["nodes"][:3]
    ]


def walk(browser: Browser, address: str, role: str, walked: Walked) -> tuple[int, list[str]]:
    """Look at every page as a role, light and wide, dark and narrow; return how many, and faults.

    `walked` holds what any role has looked at before: axe does not run again on a page whose main
    part has an equal shape. What stands around it is on the role's start page and on its own
    pages. What a query chooses (an order, a team) is the same for everybody: the visitor looks at
    it.
    """
    # What turns takes a tenth of a core.
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)  # milliseconds
    if role != "visitor":
        sign_in(page, address, role)
    wrong: list[str] = []
    looked_at = 0
    for link in pages(page, address, with_queries=role == "visitor"):
        for scheme, width in (("light", WIDE), ("dark", NARROW)):
            looks = walked.setdefault((scheme, width), Looks())
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            shape = page.evaluate(f"{OUTLINE}; shapeOf(document.querySelector('main'))")
            if shape not in looks.shapes or not looked_at:
                found = faults(page, looks.texts)
                wrong += [f"{link} {scheme} {width}: {fault}" for fault in found]
            looks.shapes.add(shape)
            reach = page.evaluate("document.documentElement.scrollWidth")
            if reach > width:
                wrong.append(f"{link} is {reach} px wide in a window of {width}")
        looked_at += 1
    context.close()
    return looked_at, wrong
