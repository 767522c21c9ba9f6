"""What people write for an image in a registry, pinned by its digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from evaluator.errors import ImageError, printable
from evaluator.types import Problem

MAX_CHARACTERS = 500
SHOWN = 100  # characters of it in a message
HOST = re.compile(r"(?=[^/]*[.:]|localhost)[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?")
PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"{PART}(?:/{PART})*")
TAG = re.compile(r":[\w][\w.-]{0,127}\Z", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
EXAMPLE = "Write HOST/NAME@sha256:…, such as ghcr.io/my-team/my-system@sha256:…."
FIND_IT = (
    "`docker buildx imagetools inspect NAME` prints the digest, and so does `docker push` at its "
    "end."
)
UPLOAD = "Or upload the archive that `docker save` writes."
# What people call it, where its registry answers, and what stands before names without a slash.
DOCKER_HUB, DOCKER_HUB_HOST, DOCKER_HUB_NAMES = "docker.io", "registry-1.docker.io", "library/"


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a registry."""

    host: str  # as people write it, with a port if there is one
    name: str
    digest: str  # sha256:… of its manifest, or of the index over several platforms

    def __str__(self) -> str:
        return f"{self.host}/{self.name}@{self.digest}"

    @property
    def api_host(self) -> str:
        """Where its registry answers."""
        return DOCKER_HUB_HOST if self.host == DOCKER_HUB else self.host


def parse(text: str) -> Reference:
    """Return what a reference says; raises ImageError for one that is not pinned by its digest.

    A tag beside the digest means nothing, as for Docker: the digest alone says what it is.
    """
    text = text.strip().removeprefix("docker://")
    if len(text) > MAX_CHARACTERS:
        refuse(text, f"A reference has at most {MAX_CHARACTERS} characters. {EXAMPLE}")
    place, at, digest = text.partition("@")
    if not at:
        refuse(
            text,
            "The reference names no digest, and what a name or tag stands for may change. "
            f"{EXAMPLE} {FIND_IT}",
        )
    if not DIGEST.fullmatch(digest):
        refuse(text, f"The reference's digest is not sha256: and 64 digits. {EXAMPLE} {FIND_IT}")
    host, _, name = TAG.sub("", place).partition("/")
    if not name or not HOST.fullmatch(host):
        refuse(text, f"The reference names no registry before the first slash. {EXAMPLE}")
    if not NAME.fullmatch(name):
        refuse(text, f"The reference's name is not one that registries take. {EXAMPLE}")
    if host == DOCKER_HUB and "/" not in name:
        name = DOCKER_HUB_NAMES + name
    found = Reference(host, name, digest)
    if len(str(found)) > MAX_CHARACTERS:  # by what was put before its name
        refuse(text, f"A reference has at most {MAX_CHARACTERS} characters. {EXAMPLE}")
    return found


def refuse(reference: object, message: str) -> NoReturn:
    """Raise ImageError with one sentence about a reference."""
    raise ImageError([Problem("error", message, file=printable(str(reference), SHOWN))])
