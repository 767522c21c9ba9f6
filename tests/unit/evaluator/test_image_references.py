"""References to images: what is wrong with them is said, and no password is repeated."""

from __future__ import annotations

import pytest

from evaluator.container.references import parse_reference, split_login
from evaluator.errors import ImageError, printable
from tests.archives import digest

DIGEST = digest(b"x")


def read_problem(text: str) -> str:
    with pytest.raises(ImageError) as caught:
        parse_reference(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("GHCR.io/x", "has capital letters. Write it in small letters."),
        ("LOCALHOST:5000/x", "has capital letters"),
        ("registry.Uni.example/a/b", "has capital letters"),
        ("http://ghcr.io/x", "has a scheme, such as https://, before its host. Remove it."),
        ("oci://localhost:5000/x", "has a scheme"),
        ("HTTPS://GHCR.io/x", "has a scheme"),
        ("[::1]:5000/x", "by an IPv6 address. Write a host name instead."),
        ("[2001:db8::7]/x", "by an IPv6 address"),
        ("::1/x", "by an IPv6 address"),
        ("ghcr.io:0/x", "port is not a number from 1 to 65535."),
        ("ghcr.io:99999/x", "port is not a number"),
        ("ghcr.io:65536/x", "port is not a number"),
        ("ghcr.io:/x", "port is not a number"),
        ("localhost:http/x", "port is not a number"),
        ("ghcr.io:\u0665/x", "port is not a number"),
        (f"ghcr.io:{'9' * 50}/x", "port is not a number"),
        ("gh!cr.io/x", "host is not valid: it has small letters, digits, hyphens and dots."),
        ("-ghcr.io/x", "host is not valid"),
        ("ghcr\u00e9.io/x", "host is not valid"),
        ("team/system", "names no registry before the first slash."),
        ("Team/system", "names no registry"),
        ("system", "names no registry"),
    ],
)
def test_what_is_wrong_with_a_host_is_said(place, words):
    text = read_problem(f"{place}@{DIGEST}")

    assert words in text
    assert "Write HOST/NAME@sha256:…, such as" in text


@pytest.mark.parametrize(
    "text",
    [
        f"me:s3cret@ghcr.io/x@{DIGEST}",
        f"https://me:s3cret@ghcr.io/x@{DIGEST}",
        f"docker://me:s3cret@localhost:5000/x:v1@{DIGEST}",
        f"me:a/s3cret@ghcr.io/x@{DIGEST}",
        f"me:s3cret@sha256.example/x@{DIGEST}",
        f"me:a@s3cret@ghcr.io/x@{DIGEST}",
        "me:s3cret@ghcr.io/x:latest",
        "me:s3cret@ghcr.io",
        "s3cret@ghcr.io/x",
        f"me:s3cret@ghcr.io/{'x' * 600}",
    ],
)
def test_a_login_is_refused_and_not_repeated(text):
    problem = read_problem(text)

    assert problem.startswith("…@")
    assert "Images are fetched without a login. Remove it." in problem
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    "text",
    [
        "ghcr.io/x@latest",
        "localhost:5000/x@latest",
        "ghcr.io/x:v1@v1.2",
        "x@sha256",
        f"ghcr.io/x@{DIGEST}@{DIGEST}",
        "my@home",
    ],
)
def test_a_wrong_digest_is_not_taken_for_a_login(text):
    assert split_login(text) == ("", text)
    assert "digest is not sha256:" in read_problem(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a�b"),
        ("a\u2028b\u2029c", "a�b�c"),
        ("\u2066\u2069\u200e\u200f\u061c", "�����"),
        ("\x1b[2J\x07\x9b\x7f\x00", "�[2J����"),
        ("\ufeff\u200b\u2060\xad\U000e0041", "�����"),
        ("\ud800\udfff", "��"),
        ("mi\u200cravam 👩\u200d🔬", "mi\u200cravam 👩\u200d🔬"),
        ("全角\u3000空白 a\u00a0b", "全角\u3000空白 a\u00a0b"),
        ("x" * 11, "x" * 9 + "…"),
        ("\x1b" * 10_000_000, "�" * 9 + "…"),
    ],
)
def test_what_shows_nothing_or_turns_text_around_is_not_printed(text, shown):
    assert printable(text, max(len(shown), 10)) == shown
