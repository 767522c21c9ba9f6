"""Upload hypotheses in a browser, a worker scores them, they stand on the leaderboard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import evaluator
from tests.e2e.seed import PASSWORD
from tests.e2e.session import COOKIE, session_of
from tests.e2e.site import Site
from tests.environment import ROOT

DATA = ROOT / "tests" / "data"
RUBBISH = bytes(range(1, 256)) * 40


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Site:
    site = make_site()
    site.start_web()
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture(scope="module")
def wmt21(site: Site, shared_data: Path) -> Path:
    """Import the WMT21 sample; return its folder."""
    folder = shared_data / "wmt21-en-fr"
    site.import_test_set(
        folder / "dev.en-fr.en.sgm", folder / "dev.en-fr.fr.sgm", shared_task="wmt21"
    )
    return folder


def sign_in(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/account/sign-in")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def upload(
    page: Page, site: Site, shared_task: str, *, system: str, name: str, body: bytes
) -> None:
    page.goto(f"{site.url}/tasks/{shared_task}/dev/submit")
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": body}
    )
    page.get_by_label("System name").fill(system)
    page.get_by_role("button", name="Submit").click()


def board_values(page: Page, system: str) -> dict[str, float]:
    row = page.locator("tr", has=page.get_by_text(system, exact=True))
    return {
        cell.get_attribute("data-metric") or "": float(cell.get_attribute("value") or "nan")
        for cell in row.locator("data").all()
    }


def test_the_published_digits_stand_on_the_leaderboard(page: Page, site: Site, wmt21: Path) -> None:
    hypotheses = wmt21 / "en-fr.dev.txt.truecased.sgm"
    sign_in(page, site)

    upload(
        page, site, "wmt21", system="truecased", name=hypotheses.name, body=hypotheses.read_bytes()
    )
    page.get_by_role("link", name="See its entry for en-fr.").click(timeout=60_000)
    # No reload from here on: the page itself has to show the change.
    expect(page.locator("#live .state-scored")).to_be_visible(timeout=120_000)
    page.locator("#live").get_by_role("link", name="leaderboard").click()
    # The board is built a moment after the scores are there; it shows the row by itself.
    expect(page.get_by_text("truecased", exact=True)).to_be_visible(timeout=30_000)

    published = json.loads((wmt21 / "expected_scores.json").read_text())["dev_971"]
    values = board_values(page, "truecased")
    assert values["bleu"] == published["bleu"]
    assert values["wmt21-exact-match"] == published["simplemma"]["em_acc"]
    assert values["wmt21-window-overlap-2"] == published["simplemma"]["wo2"]
    assert values["wmt21-window-overlap-3"] == published["simplemma"]["wo3"]
    assert values["wmt21-1-term"] == published["simplemma"]["one_minus_term"]
    row = page.locator("tr", has=page.get_by_text("truecased", exact=True))
    expect(row).to_contain_text("0.858")
    expect(row).to_contain_text("45.3")


def test_half_of_the_file_is_refused_with_the_ids_that_are_missing(
    alices: Page, site: Site, wmt21: Path
) -> None:
    lines = (wmt21 / "en-fr.dev.txt.truecased.sgm").read_text().splitlines(keepends=True)
    segments = [number for number, line in enumerate(lines) if line.startswith("<seg")]
    cut = segments[len(segments) // 2]
    missing = re.findall(r'<seg id="(\d+)"', "".join(lines[cut:]))
    half = "".join(lines[:cut])[:-20]  # in the middle of the last line
    missing.insert(0, re.findall(r'<seg id="(\d+)"', half)[-1])

    upload(alices, site, "wmt21", system="half", name="half.sgm", body=half.encode())

    expect(alices.locator("#live .state-card .state-refused")).to_be_visible(timeout=60_000)
    expect(alices.locator("#live")).to_contain_text(f"{len(missing)} problems found")
    shown = alices.locator(".problems tbody tr")
    expect(alices.locator(".problems")).to_contain_text("not closed at the end of the file")
    assert 1 < shown.count() < 20  # missing segments are a row for each document
    table = alices.request.get(alices.url.rstrip("/") + "/problems.tsv").text()
    ids = [line.split("\t")[4] for line in table.splitlines()[1:]]  # the column of segments
    assert sorted(ids) == sorted(
        missing
    )  # the first one breaks off, and is not called missing as well
    assert site.rows("select count(*) from submissions_entry where system = 'half'") == [(0,)]


def test_a_small_file_goes_the_same_way(alices: Page, site: Site) -> None:
    source, reference = DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm"
    site.import_test_set(source, reference, shared_task="small")
    body = reference.read_bytes().replace(b"refset", b"tstset")

    upload(alices, site, "small", system="oracle", name="oracle.en-fr.sgm", body=body)
    alices.get_by_role("link", name="See its entry for en-fr.").click(timeout=30_000)
    expect(alices.locator("#live .state-scored")).to_be_visible(timeout=30_000)
    alices.goto(f"{site.url}/boards/small/dev/en-fr")
    expect(alices.get_by_text("oracle", exact=True)).to_be_visible(timeout=30_000)

    expected = _scores(source, reference, body)
    assert board_values(alices, "oracle") == expected
    assert {"term-success", "wmt21-exact-match", "bleu"} <= set(expected)


def test_rubbish_gets_a_message_that_a_person_understands(alices: Page, site: Site) -> None:
    source, reference = DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm"
    site.import_test_set(source, reference, shared_task="rubbish")

    upload(alices, site, "rubbish", system="noise", name="noise.sgm", body=RUBBISH)

    expect(alices.locator("#live .state-card .state-refused")).to_be_visible(timeout=30_000)
    message = alices.locator(".problems tbody tr").first
    expect(message).to_contain_text("UTF-8")
    expect(alices.get_by_role("link", name="Submit a corrected file")).to_be_visible()


def test_the_form_says_what_is_missing_and_keeps_what_was_typed(alices: Page, site: Site) -> None:
    source, reference = DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm"
    site.import_test_set(source, reference, shared_task="form")

    upload(alices, site, "form", system="kept", name="empty.txt", body=b"")

    expect(alices.get_by_text("This file is empty.")).to_be_visible()
    expect(alices.get_by_label("System name")).to_have_value("kept")


def test_a_stranger_sees_the_board_but_not_the_entry(page: Page, site: Site) -> None:
    source, reference = DATA / "en-fr.source.sgm", DATA / "en-fr.reference.sgm"
    test_set = site.import_test_set(source, reference, shared_task="strangers")
    body = reference.read_bytes().replace(b"refset", b"tstset")
    file = site.folder / "oracle.sgm"
    file.write_bytes(body)
    submission = site.submit(test_set, file, system="of alice")
    query = f"select id from submissions_entry where submission_id = {submission}"
    site.wait_for(query + " and state = 'scored'", bool, within=60)
    entry = site.rows(query)[0][0]
    session = session_of(site, "charlie")
    page.context.add_cookies([{"name": COOKIE, "value": session, "url": site.url}])

    answer = page.goto(f"{site.url}/entries/{entry}/")
    assert answer is not None
    assert answer.status == 404

    page.goto(f"{site.url}/boards/strangers/dev/en-fr")
    expect(page.get_by_text("of alice", exact=True)).to_be_visible(timeout=30_000)


def _scores(source: Path, reference: Path, body: bytes) -> dict[str, float]:
    from io import BytesIO

    with source.open("rb") as source_stream, reference.open("rb") as reference_stream:
        test_set = evaluator.read_test_set(
            source=source_stream,
            references=[reference_stream],
            source_language="en",
            target_language="fr",
        )
    file = evaluator.read_hypotheses(BytesIO(body), "oracle.sgm")
    result = evaluator.score(test_set, evaluator.align(file, test_set), lemmatiser="simplemma")
    return {score.metric: score.value for score in result.scores}
