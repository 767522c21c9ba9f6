"""Sending a container image in a browser, with scripts and without, and what the server bears."""

from __future__ import annotations

import http.client
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.archives import SavedImage, member, old_docker, tar, zipped
from tests.e2e.session import COOKIE, TOKEN
from tests.e2e.site import Site
from tests.e2e.walking import faults
from tests.integration.registry_server import Server, serving
from tests.integration.samples import REFERENCE, SOURCE

SUBMIT = "/tasks/five/dev/submit-image"
PAIRS = ["en-fr", "cs-de"]
MB = 1024**2
CHECKED_WITHIN = 60_000  # milliseconds


@pytest.fixture(scope="module")
def registry() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site], registry: Server) -> Site:
    """A phase that takes images, alice's team, and workers."""
    site = make_site(
        MAX_IMAGE_BYTES=str(300 * MB),
        MIN_FREE_BYTES="0",
        IMAGE_REGISTRIES=registry.host,
        IMAGE_REGISTRIES_ON_LOOPBACK="true",
    )
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
    site.manage(
        "shell", "--no-imports", "-c",
        "from sharedtasks.models import Phase; Phase.objects.update(takes_images=True)",
    )  # fmt: skip
    site.start_web()
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of 40 MB that nothing compresses."""
    path = tmp_path_factory.mktemp("image") / "marian.tar"
    layer = tar(member("weights", os.urandom(40 * MB)))
    path.write_bytes(tar(*old_docker(SavedImage((layer,)))))
    return path


def slow_down(page: Page, bytes_a_second: int) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": bytes_a_second})


def count(site: Site) -> int:
    return int(site.rows("select count(*) from submissions_submission")[0][0])


def test_an_image_is_sent_with_progress_checked_and_waits(
    alices: Page, site: Site, archive: Path
) -> None:
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("Archive of the image").set_input_files(archive)
    expect(alices.locator(".chosen")).to_contain_text("marian.tar")
    alices.get_by_label("System name").fill("Marian")
    slow_down(alices, 8 * MB)

    alices.get_by_role("button", name="Submit").click()
    words = alices.locator("#upload-words")
    expect(words).to_contain_text(re.compile(r"MB of 40\.\d MB sent"))
    seen = [float(alices.locator("#upload progress").get_attribute("value") or 0)]
    expect(words).to_contain_text("less than a minute left")
    seen.append(float(alices.locator("#upload progress").get_attribute("value") or 0))

    alices.wait_for_url(re.compile(r"/submissions/\d+/$"), timeout=CHECKED_WITHIN)
    live = alices.locator("#live")
    expect(live).to_contain_text("The image can be run.", timeout=CHECKED_WITHIN)
    expect(live.locator(".state-waiting")).to_have_count(len(PAIRS))
    assert 0 <= seen[0] < seen[1] < 1


def test_what_would_be_refused_is_said_before_the_upload_and_the_file_stays(
    alices: Page, site: Site, archive: Path
) -> None:
    before = count(site)
    sent: list[int] = []
    alices.on("request", lambda one: sent.append(len(one.post_data_buffer or b"")))
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("Archive of the image").set_input_files(archive)
    alices.get_by_label("System name").fill("Mar\u202enai")

    alices.get_by_role("button", name="Submit").click()
    expect(alices.get_by_role("alert")).to_contain_text("invisible character")

    assert max(sent) < 10_000
    expect(alices.locator(".chosen")).to_contain_text("marian.tar")
    alices.get_by_label("System name").fill("Marian once more")
    alices.get_by_role("button", name="Submit").click()
    alices.wait_for_url(re.compile(r"/submissions/\d+/$"), timeout=CHECKED_WITHIN)
    assert count(site) == before + 1


def test_an_upload_can_be_stopped_and_leaves_nothing(
    alices: Page, site: Site, archive: Path
) -> None:
    before = count(site)
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("Archive of the image").set_input_files(archive)
    alices.get_by_label("System name").fill("Marian")
    slow_down(alices, 4 * MB)
    alices.get_by_role("button", name="Submit").click()
    expect(alices.locator("#upload-words")).to_contain_text("MB sent")

    alices.get_by_role("button", name="Stop").click()

    expect(alices.locator("#sending")).to_have_text("Stopped; nothing was stored.")
    expect(alices.get_by_role("button", name="Submit")).to_be_enabled()
    incoming = site.folder / "files" / "incoming"
    alices.wait_for_timeout(1000)
    assert count(site) == before
    assert not list(incoming.iterdir())


def test_a_file_that_is_too_large_is_said_when_it_is_chosen(
    alices: Page, site: Site, tmp_path: Path
) -> None:
    large = tmp_path / "large.tar"
    with large.open("wb") as stream:
        stream.truncate(301 * MB)
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("Archive of the image").set_input_files(large)
    expect(alices.locator(".chosen .wrong")).to_contain_text("larger than 300.0 MB")

    alices.get_by_label("System name").fill("Marian")
    alices.get_by_role("button", name="Submit").click()

    expect(alices.get_by_role("alert")).to_contain_text("the most we take is 300.0\xa0MB")


def test_it_works_without_scripts(plain: Page, site: Site, archive: Path) -> None:
    plain.goto(site.url + SUBMIT)
    plain.get_by_label("Archive of the image").set_input_files(archive)
    plain.get_by_label("System name").fill("Without scripts")
    plain.get_by_role("button", name="Submit").click()

    plain.wait_for_url(re.compile(r"/submissions/\d+/$"), timeout=CHECKED_WITHIN)
    number = plain.url.rstrip("/").rpartition("/")[2]
    query = f"select state from submissions_submission where id = {number}"
    site.wait_for(query, lambda rows: rows == [("accepted",)], within=60)
    plain.reload()
    plain.get_by_role("link", name=re.compile("See its entry")).first.click()
    plain.get_by_role("link", name="Cancel…").click()
    plain.get_by_role("button", name="Cancel it").click()
    expect(plain.locator(".state-card .state")).to_contain_text("cancelled")


def test_an_image_is_fetched_from_a_registry_and_waits(
    alices: Page, site: Site, registry: Server
) -> None:
    layers = [tar(member(name, os.urandom(2 * MB))) for name in ("a", "b")]
    reference = registry.put(SavedImage(layers))
    slow = registry.blob(zipped(layers[1]))
    go_on = threading.Event()
    answer = registry.answers[slow]
    registry.answers[slow] = lambda _: go_on.wait(60) and answer
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("System name").fill("From a registry")
    field = alices.get_by_label("Or an image in a registry")
    field.fill(reference.partition("@")[0])
    alices.get_by_role("button", name="Submit").click()
    expect(alices.get_by_role("alert")).to_contain_text("names no digest")

    field.fill(reference)
    alices.get_by_role("button", name="Submit").click()

    alices.wait_for_url(re.compile(r"/submissions/\d+/$"), timeout=CHECKED_WITHIN)
    live = alices.locator("#live")
    expect(live).to_contain_text(re.compile(r"[1-9]\d?% fetched"), timeout=CHECKED_WITHIN)
    assert faults(alices) == []
    go_on.set()
    expect(live).to_contain_text("The image can be run.", timeout=CHECKED_WITHIN)
    expect(live).to_contain_text(reference)
    expect(live.locator(".state-waiting")).to_have_count(len(PAIRS))


def test_an_archive_beside_a_reference_is_refused_before_the_upload(
    alices: Page, site: Site, archive: Path, registry: Server
) -> None:
    before = count(site)
    alices.goto(site.url + SUBMIT)
    alices.get_by_label("System name").fill("Two at once")
    alices.get_by_label("Archive of the image").set_input_files(archive)
    field = alices.get_by_label("Or an image in a registry")
    field.fill(registry.put(SavedImage()))
    alices.get_by_role("button", name="Submit").click()
    expect(alices.get_by_role("alert")).to_contain_text("one image at a time is taken")
    assert count(site) == before

    field.fill("")
    alices.get_by_role("button", name="Submit").click()

    alices.wait_for_url(re.compile(r"/submissions/\d+/$"), timeout=CHECKED_WITHIN)
    assert count(site) == before + 1


def test_axe_finds_nothing(alices: Page, site: Site) -> None:
    alices.goto(site.url + SUBMIT)

    assert faults(alices) == []


def test_the_server_needs_little_memory_for_a_large_archive(site: Site, alices_cookie: str) -> None:
    before, sizes = memory_of_server(site), []
    size = 200 * MB

    status = upload(site, alices_cookie, size, lambda: sizes.append(memory_of_server(site)))

    assert status == 302
    assert max(sizes) - before < 40 * MB
    newest = site.rows("select size from files_storedfile order by id desc limit 1")
    assert newest == [(size,)]


def memory_of_server(site: Site) -> int:
    """Return the largest resident memory among the server's processes, in bytes."""
    server = psutil.Process(site.children.pid("server"))
    return max(each.memory_info().rss for each in [server, *server.children(recursive=True)])


def upload(site: Site, cookie: str, size: int, every_ten_mb: Callable[[], object]) -> int:
    """Send an archive of zeros by a plain form; return the answer's status."""
    fields = {
        "csrfmiddlewaretoken": TOKEN,
        "team": str(site.rows("select id from accounts_team where slug = 'lighthouse'")[0][0]),
        "system": "Large",
        "terminology_use": "inference",
        "end": "end",
    }
    line, head = "\r\n--b", 'Content-Disposition: form-data; name="'
    parts = "".join(f'{line}\r\n{head}{name}"\r\n\r\n{value}' for name, value in fields.items())
    first = f'{parts}{line}\r\n{head}archive"; filename="large.tar"\r\n\r\n'[2:].encode()
    last = f"{line}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.putrequest("POST", SUBMIT)
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(first) + size + len(last)))
    connection.putheader("Cookie", f"{COOKIE}={cookie}; csrftoken={TOKEN}")
    connection.endheaders()
    connection.send(first)
    for number in range(size // MB):
        connection.send(bytes(MB))
        if number % 10 == 0:
            every_ten_mb()
    connection.send(last)
    status = connection.getresponse().status
    connection.close()
    return status
