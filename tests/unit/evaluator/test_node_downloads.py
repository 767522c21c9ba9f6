"""An archive comes whole and right, whatever happens on the way, or not at all."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from evaluator.container.errors import ImageUnavailableError
from evaluator.node.errors import FenceRefusedError, StopError, TokenRefusedError
from evaluator.node.protocol import archive_download as module
from evaluator.node.protocol.archive_download import download, require_space
from evaluator.node.protocol.client import Platform
from evaluator.node.protocol.run_assignment import read_assignment
from tests.containers import make_segments
from tests.fake_platform import TOKEN

ARCHIVE = random.Random(7).randbytes(300_000)


@pytest.fixture
def fetch(platform, tmp_path):
    path = tmp_path / "archive"

    def fetch(*, check=lambda: None, **image):
        run = platform.add(make_segments(1), archive=ARCHIVE)
        source = read_assignment(run.claim).image
        for name, value in image.items():
            source = replace(source, **{name: value})
        client = Platform(platform.url, TOKEN)
        download(client, source, path, check=check, wait=lambda seconds: None)
        return path.read_bytes()

    fetch.path = path
    return fetch


def first(size):
    return lambda handler: handler.send_archive(ARCHIVE, most=size)


def ranges(platform):
    return [one.headers.get("Range") for one in platform.asked("image")]


def test_an_archive_is_fetched(platform, fetch):
    assert fetch() == ARCHIVE
    assert ranges(platform) == [None]


def test_what_broke_off_is_continued(platform, fetch):
    platform.faults["image"] = [first(100_000), 503, "hang up", first(50_000)]

    assert fetch() == ARCHIVE
    begins = [int(one[6:-1]) for one in ranges(platform) if one]
    assert begins == sorted(begins)
    assert begins[-1] == 150_000
    last = platform.asked("image")[-1].headers
    assert last["If-Range"] == f'"{platform.runs[17].claim["image"]["archive"]["sha256"]}"'


def test_what_an_earlier_run_left_is_continued(platform, fetch):
    fetch.path.write_bytes(ARCHIVE[:123_456])

    assert fetch() == ARCHIVE
    assert ranges(platform) == ["bytes=123456-"]


@pytest.mark.parametrize("left", [b"x" * 400_000, ARCHIVE])
def test_what_an_earlier_run_left_may_be_too_much_or_all(platform, fetch, left):
    fetch.path.write_bytes(left)

    assert fetch() == ARCHIVE


def test_a_server_that_begins_anew_is_followed(platform, fetch):
    def whole(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(ARCHIVE)))
        handler.end_headers()
        handler.wfile.write(ARCHIVE)

    platform.faults["image"] = [first(100_000), whole]

    assert fetch() == ARCHIVE


def test_a_range_that_is_refused_is_given_up(platform, fetch):
    platform.faults["image"] = [first(100_000), 416]

    assert fetch() == ARCHIVE
    assert ranges(platform)[-1] is None


def test_another_piece_than_was_asked_for_is_not_taken(platform, fetch):
    def other(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-9/{len(ARCHIVE)}")
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(ARCHIVE[:10])

    platform.faults["image"] = [first(100_000), other]

    assert fetch() == ARCHIVE


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(ARCHIVE)


@pytest.mark.parametrize(
    ("fault", "image", "words"),
    [
        (None, {"sha256": 64 * "0"}, "SHA-256 is not the announced one"),
        (endless, {}, "more than the announced 300,000 bytes"),
        (None, {"size": 299_999}, "more than the announced 299,999 bytes"),
        (None, {"size": 300_001}, "can't be fetched"),
        (404, {}, "answered 404"),
        (403, {}, "answered 403"),
        (416, {}, "answered 416"),
    ],
)
def test_what_is_wrong_leaves_nothing(platform, fetch, fault, image, words):
    if fault:
        platform.always["image"] = fault

    with pytest.raises(ImageUnavailableError) as raised:
        fetch(**image)

    assert words in str(raised.value)
    assert not fetch.path.exists()


def test_a_platform_that_stays_away_is_given_up(platform, fetch):
    platform.always["image"] = 503

    with pytest.raises(ImageUnavailableError, match="can't be fetched"):
        fetch()

    assert len(platform.asked("image")) == module.MAX_FAILURES


def test_tries_that_bring_something_are_not_counted(platform, fetch):
    platform.faults["image"] = [first(10_000)] * 20

    assert fetch() == ARCHIVE


@pytest.mark.parametrize(("status", "error"), [(409, FenceRefusedError), (401, TokenRefusedError)])
def test_a_run_that_is_not_ours_is_no_fault_of_the_image(platform, fetch, status, error):
    platform.faults["image"] = [first(1000), status]

    with pytest.raises(error):
        fetch()


def test_it_can_be_stopped_at_any_time_and_what_came_is_kept(platform, fetch):
    def check():
        if fetch.path.exists() and fetch.path.stat().st_size > 50_000:
            raise StopError

    with pytest.raises(StopError):
        fetch(check=check)

    assert 50_000 < fetch.path.stat().st_size < len(ARCHIVE)


def test_a_connection_that_brings_next_to_nothing_is_cut(platform, fetch, monkeypatch):
    monkeypatch.setattr(module, "WATCH_TIME", 0.2)

    def dripping(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(ARCHIVE)))
        handler.end_headers()
        for number in range(100):
            handler.wfile.write(ARCHIVE[number : number + 1])
            handler.wfile.flush()
            time.sleep(0.05)

    platform.faults["image"] = [dripping]

    assert fetch() == ARCHIVE
    assert len(platform.asked("image")) == 2


def test_a_full_disk_is_noticed_before_it_is_filled(tmp_path):
    require_space(tmp_path, 1)

    with pytest.raises(ImageUnavailableError, match="NODE_STATE_DIR has room for"):
        require_space(tmp_path, 10**18)
