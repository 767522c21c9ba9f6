"""A registry's answers that lead nowhere, mean nothing, or would write to a terminal."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import pytest

from evaluator.container.registries import (
    NetworkError,
    Registries,
    distribution,
    fetch_image,
    fetching,
    parse_reference,
)
from evaluator.errors import ImageError
from tests.archives import Oci, SavedImage, digest, member, tar
from tests.integration.registry_server import Answer, Server, as_json, bearer, serving

LAYER = tar(member("a", b"a" * 100))
DIGEST = digest(b"x")
CONFIG = {"digest": DIGEST, "size": 2}
NO_ADDRESS = "The registry names no valid https:// address for the {}. Upload the archive"


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    shared.answers.clear()
    shared.asked.clear()
    return shared


@pytest.fixture
def reference(server: Server) -> str:
    """Serve an image with one layer; return its reference."""
    return server.put(SavedImage((LAYER,)))


def fetch(reference: str, **options: object) -> None:
    parsed = parse_reference(reference)
    registries = Registries(frozenset({parsed.host}), has_loopback=True)
    fetch_image(parsed, io.BytesIO(), registries, **options)  # type: ignore[arg-type]


def read_refusal(reference: str) -> str:
    """Return the message; a NetworkError, which would be tried again, is none."""
    with pytest.raises(ImageError) as caught:
        fetch(reference)
    [problem] = caught.value.problems
    assert problem.message.isprintable()
    assert len(problem.message) < 400
    return problem.message


def blobs(server: Server) -> list[str]:
    return [path for path in server.answers if "/blobs/" in path]


# Addresses: where a blob is, and where tokens are given


ADDRESSES = [
    ("http://[", NO_ADDRESS),
    ("https://[::1", NO_ADDRESS),
    ("https://[not-an-address]/", NO_ADDRESS),
    ("https://user:s3cret@[", NO_ADDRESS),
    ("https://ex\u2100mple/".encode().decode("latin-1"), "has no valid name or port"),
    ("file:///etc/passwd", NO_ADDRESS),
    ("https:///path", NO_ADDRESS),
    ("data:text/plain,x", NO_ADDRESS),
    ("https://\x1bc.x/", "The {}'s server �c.x has no valid name or port"),
    ("http://127.0.0.1\x00.evil/", "The {}'s server 127.0.0.1�.evil has no valid name or port"),
    ("https://\x9b2J.x/", "The {}'s server �2J.x has no valid name or port"),
    ("https://a..b/", "The {}'s server a..b has no valid name or port"),
    (f"https://{'a' * 64}.example/", "aaa.example has no valid name or port"),
    (f"https://{'a.' * 20_000}b/", "a.a… has no valid name or port"),
    (f"https://{'h' * 60_000}/", "hhh… has no valid name or port"),
    ("https://h.example:99999/", "The {}'s server h.example:99999 has no valid name or port"),
    ("https://h.example:-1/", "The {}'s server h.example:-1 has no valid name or port"),
    ("https://h.example:\u0661/".encode().decode("latin-1"), "has no valid name or port"),
    ("http://u:s3cret@127.0.0.1/", "The {}'s server 127.0.0.1 is named with a password"),
    ("https://s3cret@h.example/", "The {}'s server h.example is named with a password"),
    ("ftp://u:s3cret@h.example/", "The {}'s server h.example is not reached by https://"),
]


@pytest.mark.parametrize(("address", "words"), ADDRESSES)
@pytest.mark.parametrize("what", ["blob", "token"])
def test_an_address_that_can_not_be_used_is_refused(server, reference, what, address, words):
    for path in list(server.answers):
        if what == "token":
            server.answers[path] = bearer(address)
        elif "/blobs/" in path:
            server.answers[path] = Answer(b"", 307, {"Location": address})

    message = read_refusal(reference)

    assert words.format(what) in message
    assert "s3cret" not in message
    assert "Upload the archive that `docker save` writes." in message


@pytest.mark.parametrize(
    ("status", "headers"),
    [(302, {}), (307, {"Location": ""}), (301, {"Location": "  "}), (304, {})],
)
def test_a_redirect_without_an_address_says_so(server, reference, status, headers):
    for path in blobs(server):
        server.answers[path] = Answer(b"", status, headers)

    assert (
        f"{server.host} sends us on (status {status}) without an address. Upload the archive"
        in read_refusal(reference)
    )
    assert len(server.asked) == 2


def test_a_challenge_of_one_long_word_takes_no_time(server, reference):
    for path in list(server.answers):
        server.answers[path] = Answer(b"", 401, {"WWW-Authenticate": "Bearer " + "a" * 60_000})

    started = time.monotonic()

    assert "asks for a login (status 401)" in read_refusal(reference)

    assert time.monotonic() - started < 1


# Documents


@pytest.mark.parametrize(
    ("body", "words"),
    [
        *(
            (as_json(config=CONFIG, layers=[{"digest": DIGEST, "size": size}]), "too large for any")
            for size in (int("9" * 400), 2**63, 10**4000)
        ),
        (as_json(config={"digest": DIGEST, "size": int("9" * 400)}), "too large for any file"),
        (as_json(config=CONFIG, layers=[{"digest": DIGEST, "size": -1}]), "a size"),
        (as_json(config=CONFIG, layers=[{"digest": DIGEST, "size": True}]), "a size"),
        (b'{"config": {"digest": "%s", "size": 1e999}}' % DIGEST.encode(), "a size"),
        (b'{"config": {"size": ' + b"9" * 5000 + b"}}", "is not valid JSON"),
        (as_json(config={**CONFIG, "mediaType": "\x1b[2J\u202e" * 999}), "(�[2J��[2J"),
    ],
)
def test_numbers_and_texts_without_a_bound_are_refused(server, body, words):
    configuration = SavedImage((LAYER,))
    body = body.replace(DIGEST.encode(), configuration.id.encode(), 1)
    body = body.replace(b'"size": 2}', b'"size": %d}' % len(configuration.config), 1)
    server.answers[f"/v2/x/blobs/{configuration.id}"] = Answer(configuration.config)
    server.answers[f"/v2/x/manifests/{digest(body)}"] = Answer(body)

    assert words in read_refusal(f"{server.host}/x@{digest(body)}")


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ({"os": "\x1b]0;PWN\x07", "architecture": "x" * 100_000}, "built for �]0;PWN�/xxx"),
        ({"os": "linux\u202e", "architecture": "\u2028arm"}, "built for linux�/�arm"),
        ({"os": "\x9b2J", "architecture": "a\nb\rc"}, "built for �2J/a�b�c"),
        ({"os": "\u2066", "architecture": ""}, "built for �/unknown"),
    ],
)
def test_platforms_are_shown_without_their_commands(server, platform, words):
    layout = Oci()
    top = layout.index([layout.manifest(SavedImage((LAYER,)), platform=platform)])

    assert words in read_refusal(server.put_layout(layout, top))


# What no check foresaw


@pytest.mark.parametrize("error", [ValueError, OverflowError, RecursionError, UnicodeError("x")])
@pytest.mark.parametrize("place", ["configuration", "layer", "manifest"])
def test_an_answer_that_breaks_its_reader_is_refused(reference, monkeypatch, error, place):
    if isinstance(error, UnicodeError):
        error = UnicodeDecodeError("utf-8", b"x", 0, 1, "broken")

    def fail(*_: object) -> None:
        raise error

    if place == "configuration":
        monkeypatch.setattr(fetching.config, "read_config", fail)
    elif place == "manifest":
        monkeypatch.setattr(fetching, "parse", fail)
    else:
        read = distribution.GuardedHttp.read_pieces
        calls = iter([read, read, fail])  # the manifest, the configuration
        monkeypatch.setattr(
            distribution.GuardedHttp, "read_pieces", lambda *args: next(calls)(*args)
        )

    assert read_refusal(reference).startswith("The registry's answer can't be read. Push")


def test_a_fault_of_the_caller_is_not_taken_for_an_answer(reference):
    def fail(share: float) -> None:
        raise ValueError(share)

    with pytest.raises(ValueError, match="1"):
        fetch(reference, on_progress=fail)


def test_a_failure_of_the_network_is_still_tried_again(server, reference):
    for path in blobs(server):
        server.answers[path] = Answer(b"", 307, {"Location": "http://127.0.0.1:1/"})

    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:1: Connection refused"):
        fetch(reference)
