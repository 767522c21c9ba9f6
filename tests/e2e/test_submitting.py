"""Submitting several files in a browser, with scripts and without, to the entries and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from evaluator.formats.slots_in_names import find_slot
from tests.e2e.session import COOKIE, post
from tests.e2e.site import Site
from tests.e2e.walking import faults
from tests.integration.samples import PERFECT, POOR, REFERENCE, SOURCE, as_text, as_zip

PAIRS = ["en-fr", "en-zh", "en-ru", "en-ko", "cs-de"]
SUBMIT = "/tasks/five/dev/submit"
SCORED_WITHIN = 60_000  # milliseconds


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Site:
    """A shared task in five language pairs, alice's team, and workers."""
    site = make_site()
    source, reference = site.folder / "source.sgm", site.folder / "reference.sgm"
    source.write_text(SOURCE)
    reference.write_text(REFERENCE)
    for pair in PAIRS:
        site.manage(
            "import_test_set", "--create",
            "--shared-task", "five", "--phase", "dev", "--language-pair", pair,
            "--source", str(source), "--reference", str(reference), "--lemmatiser", "identity",
        )  # fmt: skip
    site.announce("five")
    site.start_web()
    site.start_worker()
    site.start_sweeper()
    return site


def file(name: str, body: bytes = b"a\n") -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": body}


def choose(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Files", exact=True).set_input_files(list(files))


def five(system: str, *, wrong: str = "") -> FilePayload:
    texts = {pair: (*PERFECT[:3], f"{system} {pair}") for pair in PAIRS}
    files = {f"ours.{pair}.txt": as_text(texts[pair]) for pair in PAIRS}
    if wrong:
        files[f"ours.{wrong}.txt"] = as_text(PERFECT[:3])
    return file("ours.zip", as_zip(files))


# With scripts -----------------------------------------------------------------------------

NAMES = [
    "ours.en-fr.txt",
    "EN-FR_2.sgm",
    "cs-de",
    "notes.txt",
    "ours.en-de.txt",
    "en-fr.en-zh.txt",
    "xen-fr.txt",
    "en-fr-big.txt",
    "ours.en-ko.v2.jsonl.gz",
    "ünïcode.en-ru.txt",
    "ours.en-fr.noterm.txt",
    "ours.pt-BR.txt",
    "ours.fr-CA.txt",
]


def shown(page: Page, *others: FilePayload) -> dict[str, str]:
    """Choose a file of each name; return what the form says that it is for."""
    found = {}
    for name in NAMES:
        choose(page, file(name), *others)
        row = page.locator(".chosen li", has=page.get_by_text(name, exact=True))
        row.wait_for()
        found[name] = row.locator(".slot").inner_text() if row.locator(".slot").count() else ""
    return found


def expected(chosen: str | None) -> dict[str, str]:
    slots = {name: find_slot(name, PAIRS, chosen)[0] for name in NAMES}
    return {name: f"→ {slot}" if slot else "" for name, slot in slots.items()}


def test_the_form_reads_names_as_the_evaluator_does(alices: Page, site: Site) -> None:
    alices.goto(site.url + SUBMIT)

    assert shown(alices) == shown(alices, file("second.zip")) == expected(None)


def test_a_chosen_test_set_counts_for_a_single_file(alices: Page, site: Site) -> None:
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("Which test set?").select_option(label="English → French (en-fr)")

    assert shown(alices) == expected("en-fr")
    assert shown(alices, file("second.zip")) == expected(None)


def test_what_is_wrong_is_said_before_sending_and_can_be_taken_out(
    alices: Page, site: Site
) -> None:
    alices.goto(site.url + SUBMIT)
    choose(alices, file("a.en-fr.txt"), file("b.en-fr.txt"), file("c.en-ru.txt", b""))
    rows = alices.locator(".chosen li")

    expect(rows.nth(0)).to_contain_text("two files for en-fr; keep one")
    expect(rows.nth(1)).to_contain_text("two files for en-fr; keep one")
    expect(rows.nth(2)).to_contain_text("is empty")
    expect(alices.locator(".chosen")).to_contain_text("3 files, 4 bytes of at most 64.0 MB")

    alices.get_by_role("button", name="Remove b.en-fr.txt").click()
    alices.get_by_role("button", name="Remove c.en-ru.txt").click()

    expect(rows).to_have_count(1)
    expect(rows.locator(".slot")).to_have_text("→ en-fr")
    names = "Array.from(document.querySelector('input[type=file]').files, file => file.name)"
    assert alices.evaluate(names) == ["a.en-fr.txt"]
    expect(alices.get_by_label("Files", exact=True)).to_be_focused()


def test_files_can_be_dropped_and_added_to(alices: Page, site: Site) -> None:
    alices.goto(site.url + SUBMIT)
    choose(alices, file("a.en-fr.txt"), file("b.en-zh.txt"))
    data = alices.evaluate_handle(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["new"], "b.en-zh.txt"));
            data.items.add(new File(["x"], "c.en-ru.txt"));
            return data;
        }"""
    )

    alices.dispatch_event(".drop-area", "dragenter", {"dataTransfer": data})
    expect(alices.locator(".drop-area.is-over")).to_be_visible()
    alices.dispatch_event(".drop-area", "drop", {"dataTransfer": data})

    expect(alices.locator(".drop-area.is-over")).to_have_count(0)
    names = "Array.from(document.querySelector('input[type=file]').files, f => [f.name, f.size])"
    assert alices.evaluate(names) == [["a.en-fr.txt", 2], ["b.en-zh.txt", 3], ["c.en-ru.txt", 1]]


def test_a_zip_of_five_pairs_with_one_wrong_four_scored_one_explained(
    alices: Page, site: Site
) -> None:
    alices.goto(site.url + SUBMIT)
    choose(alices, five("Zipped", wrong="en-ru"))
    expect(alices.locator(".chosen li")).to_contain_text("a zip")
    alices.get_by_label("System name").fill("Zipped")
    alices.get_by_role("button", name="Submit").click()

    # No reload from here on: the page itself has to show the change.
    rows = alices.locator(".verdicts tbody tr")
    expect(rows).to_have_count(5, timeout=30_000)
    expect(rows.locator(".state-scored")).to_have_count(4, timeout=SCORED_WITHIN)
    expect(rows.locator(".state-refused")).to_have_count(1)
    problem = alices.locator(".file-problems")
    expect(problem).to_contain_text("ours.zip/ours.en-ru.txt for en-ru")
    expect(problem).to_contain_text("The file has 3 lines, the test set 4 segments.")
    assert not alices.locator("#live[hx-trigger]").count()
    with alices.expect_download() as download:
        alices.get_by_role("link", name="All problems as a table (TSV)").click()
    assert "The file has 3 lines" in Path(download.value.path()).read_text()

    alices.get_by_role("link", name="Submit a corrected file").click()
    expect(alices.get_by_label("System name")).to_have_value("Zipped")
    expect(alices.locator(".slots")).to_contain_text("1 problem")


# Without scripts --------------------------------------------------------------------------


def wait_for_rows(page: Page, count: int) -> None:
    for _ in range(SCORED_WITHIN // 500):
        if page.locator(".verdicts .state-scored").count() == count:
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(page.locator("#live").inner_text())


def test_all_of_it_works_without_scripts(plain: Page, site: Site) -> None:
    page = plain
    for system, texts in (("First", PERFECT), ("Second", POOR)):
        page.goto(site.url + SUBMIT)
        expect(page.get_by_text("… or drop them here")).to_be_hidden()
        choose(page, file("a.en-fr.txt", as_text(texts)), file("a.cs-de.txt", as_text(texts)))
        page.get_by_label("System name").fill(system)
        page.get_by_label("Primary system").check()
        page.get_by_role("button", name="Submit").click()
        wait_for_rows(page, 2)
    page.get_by_role("link", name="See its entry for en-fr.").click()
    expect(page.get_by_text("Primary: Lighthouse is ranked with it on en-fr.")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Made primary, as asked for at upload")

    page.get_by_role("button", name="Make it contrastive").click()
    expect(page.get_by_text("Second is contrastive now.")).to_be_visible()
    page.get_by_role("button", name="Make it primary").click()
    expect(page.get_by_text("Second is primary now.")).to_be_visible()
    page.get_by_role("link", name="Withdraw…").click()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Withdraw…").click()
    page.get_by_role("button", name="Withdraw it").click()

    expect(page.get_by_text("Second is withdrawn from en-fr.")).to_be_visible()
    expect(page.locator("#live .state-withdrawn")).to_be_visible()
    # The one before it is not primary by itself again: a person chooses.
    page.goto(f"{site.url}/submissions/?state=withdrawn")
    expect(page.locator(".history tbody tr")).to_have_count(1)


# For everybody ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scored(site: Site, alices_cookie: str) -> tuple[int, int]:
    """A submission that was accepted in part, and an entry of it that is scored."""
    team = site.rows("select id from accounts_team where slug = 'lighthouse'")[0][0]
    fields = {"team": str(team), "system": "Looked at", "terminology_use": "training"}
    sent = five("Looked at", wrong="en-ko")
    assert post(site, alices_cookie, SUBMIT, fields, {sent["name"]: sent["buffer"]}) == 302
    query = "select submission_id, min(id) from submissions_entry where system = 'Looked at' "
    query += "and state = 'scored' group by submission_id having count(*) = 4"
    site.wait_for(query, bool, within=SCORED_WITHIN / 1000)
    [found] = site.rows(query)
    return found[0], found[1]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 380)])
def test_axe_finds_nothing(
    browser: Browser,
    site: Site,
    alices_cookie: str,
    scored: tuple[int, int],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": alices_cookie, "url": site.url}])
    page = context.new_page()
    submission, entry = scored

    for path in (
        SUBMIT,
        f"{SUBMIT}?again={submission}",
        f"/submissions/{submission}/",
        f"/entries/{entry}/",
        f"/entries/{entry}/withdraw",
        "/submissions/",
    ):
        page.goto(site.url + path)
        if path == SUBMIT:
            choose(page, file("a.en-fr.txt"), file("b.txt"))
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()
