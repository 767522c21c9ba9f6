"""References to images in registries, pinned by their digest: HOST/NAME@sha256:…"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from evaluator.errors import MESSAGE_CHARACTERS, ImageError, printable
from evaluator.types import Problem

MAX_REFERENCE_CHARACTERS = 500
QUOTED_CHARACTERS = 100  # of a reference in a message
SCHEME = "docker://"  # some programs write it before a reference
HOST = re.compile(r"(?=[^/]*[.:]|localhost)[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?")
LAST_PORT = 65535
NAME_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"{NAME_PART}(?:/{NAME_PART})*")
TAG = re.compile(r":[\w][\w.-]{0,127}\Z", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
EXAMPLE = "Write HOST/NAME@sha256:…, such as ghcr.io/my-team/my-system@sha256:…."
FIND_DIGEST = (
    "`docker buildx imagetools inspect NAME` prints the digest, and so does `docker push` at its "
    "end."
)
UPLOAD = "Upload the archive that `docker save` writes."
OR_UPLOAD = "Or upload the archive that `docker save` writes."  # after another remedy
DIGEST_LIKE = re.compile(r"sha[0-9]+(?::[^/]*)?")
LOGIN_HIDDEN = "…@"  # in the place of a user and a password
# What people call it, where its registry answers, and what stands before names without a slash.
DOCKER_HUB, DOCKER_HUB_HOST, DOCKER_HUB_NAMES = "docker.io", "registry-1.docker.io", "library/"


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a registry."""

    host: str  # as people write it, with its port unless that is the usual port
    name: str
    digest: str  # sha256:… of its manifest, or of the index over several platforms

    def __str__(self) -> str:
        return f"{self.host}/{self.name}@{self.digest}"

    @property
    def api_host(self) -> str:
        """The host at which its registry answers."""
        return DOCKER_HUB_HOST if self.host == DOCKER_HUB else self.host


def is_host(text: str) -> bool:
    """Return whether a text is a registry's host as references have it: ghcr.io, my.host:5000."""
    port = text.partition(":")[2]
    return HOST.fullmatch(text) is not None and (not port or 0 < int(port) <= LAST_PORT)


def parse_reference(text: str) -> Reference:
    """Read a reference; raises ImageError for a text without a digest, or with faults.

    A tag beside the digest has no meaning, as for Docker: the digest decides.
    """
    login, text = split_login(text.strip().removeprefix(SCHEME))
    if login:
        refuse(
            LOGIN_HIDDEN + text,
            "The reference has an @ before its host, as if it named a user or a password. Images "
            f"are fetched without a login. Remove it. {EXAMPLE}",
        )
    if len(text) > MAX_REFERENCE_CHARACTERS:
        refuse(text, f"A reference has at most {MAX_REFERENCE_CHARACTERS} characters. {EXAMPLE}")
    place, at, digest = text.partition("@")
    if not at:
        refuse(
            text,
            "The reference names no digest, and what a name or tag stands for may change. "
            f"{EXAMPLE} {FIND_DIGEST}",
        )
    if not DIGEST.fullmatch(digest):
        refuse(
            text, f"The reference's digest is not sha256: and 64 digits. {EXAMPLE} {FIND_DIGEST}"
        )
    host, _, name = TAG.sub("", place).partition("/")
    if not name or not is_host(host):
        refuse(text, f"{_explain_host(place)} {EXAMPLE}")
    if not NAME.fullmatch(name):
        refuse(text, f"The reference's name is not one that registries take. {EXAMPLE}")
    if host == DOCKER_HUB and "/" not in name:
        name = DOCKER_HUB_NAMES + name
    reference = Reference(host, name, digest)
    if len(str(reference)) > MAX_REFERENCE_CHARACTERS:  # by what was put before its name
        refuse(text, f"A reference has at most {MAX_REFERENCE_CHARACTERS} characters. {EXAMPLE}")
    return reference


def split_login(text: str) -> tuple[str, str]:
    """Return the user and password before a reference's host, or an empty text, and the rest."""
    *before, last = text.split("@")
    digests: list[str] = []
    while before and DIGEST_LIKE.fullmatch(last):
        digests.insert(0, last)
        last = before.pop()
    login = "@".join(before)
    names_host = "/" in login and is_host(login.partition("/")[0])  # then a bad digest follows
    if "/" in last or (not names_host and (":" in login or is_host(last))):
        return login, "@".join([last, *digests])
    return "", text


def _explain_host(place: str) -> str:
    """Return what is wrong with the host in a reference without its digest."""
    if "://" in place:
        return "The reference has a scheme, such as https://, before its host. Remove it."
    host, slash, _ = place.partition("/")
    name, colon, port = host.partition(":")
    if not slash:
        return "The reference names no registry before the first slash."
    if host.startswith("[") or ":" in port:
        return "The reference names its registry by an IPv6 address. Write a host name instead."
    if colon and not (port.isascii() and port.isdigit() and is_host(f"localhost:{port}")):
        return f"The registry's port is not a number from 1 to {LAST_PORT}."
    if is_host(host.lower()):
        return "The registry's host has capital letters. Write it in small letters."
    if "." in name or colon:
        return "The registry's host is not valid: it has small letters, digits, hyphens and dots."
    return "The reference names no registry before the first slash."


def refuse(reference: object, message: str) -> NoReturn:
    """Raise ImageError with a sentence about a reference."""
    file = printable(str(reference), QUOTED_CHARACTERS)
    raise ImageError([Problem("error", printable(message, MESSAGE_CHARACTERS), file=file)])
