"""From signing up to the leaderboard, as people do it: on PostgreSQL, Redis and real workers."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.systems import LANGUAGE_PAIRS, demo_test_set
from tests.e2e.seed import ORGANISER, PASSWORD
from tests.e2e.session import COOKIE, session_of
from tests.e2e.site import Site
from tests.environment import ROOT

DATA = ROOT / "platform" / "demo" / "data"
LINK = re.compile(r"https?://\S+")
WITHIN = 60_000  # milliseconds, for workers to be done
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Site:
    """A site with the demo's five test sets in one open phase."""
    site = make_site()
    for pair in LANGUAGE_PAIRS:
        site.manage(
            "import_test_set", "--create",
            "--shared-task", "terms", "--phase", "dev", "--text-form", "raw",
            "--language-pair", pair, "--source", str(DATA / f"{pair}.tsv"),
            "--terminology", str(DATA / f"{pair}.terms.tsv"),
        )  # fmt: skip
    site.announce("terms")
    site.start_web()
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Return a function that opens a browser window of its own; script errors fail the test."""
    contexts, errors = [], []

    def open_window(**options: object) -> Page:
        context = browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)  # milliseconds
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert errors == []


def mailed_link(site: Site, address: str, subject: str) -> str:
    """Wait for a mail and return the first link in it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for file in (site.folder / "mail").glob("*"):
            # One file holds the mails of one connection, one after the other.
            for part in file.read_bytes().split(b"-" * 79):
                mail = message_from_bytes(part.strip(), policy=policy.default)
                if mail["To"] == address and subject in (mail["Subject"] or ""):
                    found = LINK.search(mail.get_content())
                    assert found is not None
                    return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no mail for {address} about {subject!r}")


def sign_up(page: Page, site: Site, name: str) -> None:
    """Fill in the form that is open, and follow the link in the mail."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@people.example")
    page.get_by_label("Password").fill("a garden of forking terms")
    page.locator("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Look for our mail")).to_be_visible()
    page.goto(mailed_link(site, f"{name}@people.example", "onfirm"))
    page.get_by_role("button", name="Confirm it").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sign_in(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.url}/account/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def references(pair: str) -> list[str]:
    return [segment.references[0] for segment in demo_test_set(pair).segments]


def without_last(texts: list[str], count: int) -> bytes:
    kept = texts[: len(texts) - count]
    return "".join(f"{text}\n" for text in kept).encode()


def five_pairs(name: str, *, broken: str = "") -> bytes:
    """Zip the references of all pairs; of the broken one a line is missing."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for pair in LANGUAGE_PAIRS:
            body = without_last(references(pair), 1 if pair == broken else 0)
            archive.writestr(f"{name}.{pair}.txt", body)
    return packed.getvalue()


def submit(page: Page, site: Site, *, system: str, name: str, body: bytes, primary: bool) -> None:
    page.goto(f"{site.url}/tasks/terms/dev/submit")
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": body}
    )
    page.get_by_label("System name").fill(system)
    page.get_by_label("Primary system").set_checked(primary)
    page.get_by_role("button", name="Submit", exact=True).click()


def board(page: Page, site: Site, pair: str) -> Page:
    page.goto(f"{site.url}/boards/terms/dev/{pair}")
    return page


def test_two_people_sign_up_found_a_team_and_see_it_on_the_leaderboards(
    site: Site, visit: Visit
) -> None:
    ana, ben, visitor = visit(), visit(), visit()

    # She signs up, creates a team and invites him by a link: nobody has verified the team yet.
    ana.goto(f"{site.url}/account/sign-up")
    sign_up(ana, site, "ana")
    ana.goto(f"{site.url}/teams/found")
    ana.get_by_label("Name", exact=True).fill("Two Gardeners")
    ana.get_by_label("Institution").fill("Allotment 7")
    ana.get_by_role("button", name="Create team").click()
    ana.get_by_label("E-mail address").fill("ben@people.example")
    ana.get_by_role("button", name="Invite", exact=True).click()

    # He follows the link, signs up, comes back to the invitation and joins.
    ben.goto(ana.locator("code.copy").inner_text())
    ben.locator("main").get_by_role("link", name="Sign up").click()
    sign_up(ben, site, "ben")
    ben.get_by_role("button", name="Join Two Gardeners").click()
    expect(ben.get_by_text("ana", exact=True)).to_be_visible()

    # He sends five pairs in a zip, one of them a line short: four are scored, one is explained.
    body = five_pairs("roses", broken="en-ko")
    submit(ben, site, system="Roses", name="roses.zip", body=body, primary=True)
    live = ben.locator("#live")
    expect(live.get_by_text("4 of 5 files fit").first).to_be_visible(timeout=WITHIN)
    expect(live.get_by_text("The file has 49 lines, the test set 50 segments")).to_be_visible()
    for pair in LANGUAGE_PAIRS:
        row = live.locator(".verdicts tbody tr", has_text=f"roses.{pair}.txt")
        expect(row).to_contain_text("refused" if pair == "en-ko" else "fits")
        if pair != "en-ko":
            expect(row.locator(".state-scored")).to_be_visible(timeout=WITHIN)

    # Nobody but the team sees it before an organiser knows who they are.
    expect(board(visitor, site, "en-fr").get_by_text("Roses", exact=True)).to_have_count(0)
    expect(board(ana, site, "en-fr").get_by_text("Roses", exact=True)).to_be_visible(timeout=WITHIN)
    expect(ana.get_by_role("link", name="not verified yet")).to_be_visible()
    organiser = visit()
    cookie = {"name": COOKIE, "value": session_of(site, ORGANISER), "url": site.url}
    organiser.context.add_cookies([cookie])
    organiser.goto(f"{site.url}/admin/accounts/team/")
    row = organiser.locator("tr", has_text="Two Gardeners")
    row.locator("input[type=checkbox]").check()
    organiser.locator("select[name=action]").select_option(value="verify")
    organiser.get_by_role("button", name="Go", exact=False).first.click()
    expect(organiser.get_by_text("Verified now: 1.")).to_be_visible()

    for pair in LANGUAGE_PAIRS:
        shown = board(visitor, site, pair).get_by_text("Roses", exact=True)
        if pair == "en-ko":
            expect(shown).to_have_count(0)
        else:
            expect(shown).to_be_visible(timeout=WITHIN)  # the page shows it by itself


def test_the_primary_is_changed_and_an_entry_is_withdrawn(site: Site, visit: Visit) -> None:
    alice, visitor = visit(), visit()
    session = session_of(site, "alice")
    alice.context.add_cookies([{"name": COOKIE, "value": session, "url": site.url}])
    texts = references("en-fr")

    for system, body, primary in (
        ("Tulips", without_last(texts, 0), True),
        ("Lilies", "".join(f"{text[: len(text) // 2]}\n" for text in texts).encode(), False),
    ):
        submit(alice, site, system=system, name=f"{system}.en-fr.txt", body=body, primary=primary)
        alice.get_by_role("link", name="See its entry for en-fr.").click(timeout=WITHIN)
        expect(alice.locator("#live .state-scored").first).to_be_visible(timeout=WITHIN)
    row = board(visitor, site, "en-fr").locator("tr", has=visitor.get_by_text("Tulips", exact=True))
    expect(row).to_contain_text("primary", timeout=WITHIN)
    lilies = visitor.locator("tr", has=visitor.get_by_text("Lilies", exact=True))
    expect(lilies).to_contain_text("contrastive", timeout=WITHIN)

    alice.get_by_role("button", name="Make it primary").click()
    expect(alice.get_by_text("made primary").first).to_be_visible()
    expect(lilies).to_contain_text("primary", timeout=WITHIN)
    expect(row).to_contain_text("contrastive", timeout=WITHIN)

    alice.get_by_role("link", name="Withdraw…").click()
    alice.get_by_role("button", name="Withdraw it").click()
    expect(alice.get_by_text("Withdrawn for good.")).to_be_visible()
    expect(visitor.get_by_text("Lilies", exact=True)).to_have_count(0, timeout=WITHIN)
    expect(visitor.get_by_text("Tulips", exact=True)).to_be_visible()


def test_all_of_it_works_without_javascript(site: Site, visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    sign_in(page, site, "charlie")
    texts = references("cs-de")

    submit(
        page, site, system="Moss", name="moss.cs-de.txt", body=without_last(texts, 0), primary=True
    )
    reload_until(page, lambda: page.get_by_role("link", name="See its entry for cs-de.").count())
    page.get_by_role("link", name="See its entry for cs-de.").click()
    reload_until(page, lambda: page.locator("#live .state-scored").count())

    page.goto(f"{site.url}/boards/terms/dev/cs-de?sort=bleu&entries=primary")
    reload_until(page, lambda: page.get_by_text("Moss", exact=True).count())
    expect(page.locator("th[aria-sort]")).to_contain_text("BLEU")


def reload_until(page: Page, is_there: Callable[[], int]) -> None:
    deadline = time.monotonic() + WITHIN / 1000
    while not is_there():
        assert time.monotonic() < deadline, page.inner_text("main")
        time.sleep(0.5)
        page.reload()
