"""Finds the image in an archive of any layout.

Docker before 25 and Podman write `manifest.json`. Docker from 25 on writes an OCI layout too, and
Podman and skopeo can write the OCI layout only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from evaluator.container.archives.config import DIGEST, Config, read_config
from evaluator.container.archives.documents import (
    BadDocumentError,
    as_object,
    as_objects,
    as_text,
    as_texts,
    parse,
    read_document,
)
from evaluator.container.archives.kinds import SAVE
from evaluator.container.archives.members import DOCKER_MANIFEST, OCI_INDEX, Members, shown
from evaluator.container.archives.sources import Section
from evaluator.container.flags import PLATFORM
from evaluator.errors import printable
from evaluator.formats.limits import Refused

MAX_LISTED = 1000  # images, layers or platforms in a list
MAX_DEPTH = 3  # of an index in an index
TOO_DEEP = f"holds an index in an index, {MAX_DEPTH} times and more"
MAX_MANIFESTS = 100  # that are read; an image for all platforms there are has 20
PLATFORMS_NAMED = 5  # in a message
PLATFORM_SHOWN = 40  # characters of a platform's two words in a message
NOT_FOR_MACHINES = "unknown/unknown"  # the platform of documents on how the image was built
IMAGE_CONFIGS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
SAVE_ONE_IMAGE = "Save one image only: `docker save --output FILE.tar IMAGE`."
SAVE_PLATFORM = (
    "If it is built for several platforms, save only this platform: "
    f"`docker save --platform {PLATFORM}`."
)

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """An image in an archive."""

    config_bytes: bytes
    config: Config
    layers: tuple[str, ...]  # the names of their members, the lowest layer first

    @property
    def is_ours(self) -> bool:
        """Return whether it is built for our platform."""
        return self.config.image.platform == PLATFORM


def find_image(members: Members) -> ArchivedImage:
    """Return the image of an archive; raises Refused if there is no image, or a choice."""
    images = _read_docker_manifest(members) if DOCKER_MANIFEST in members else []
    # An engine that keeps an image for several platforms names its own in Docker's manifest.
    if OCI_INDEX in members and not any(image.is_ours for image in images):
        images += _Index(members).read_images()
    if not images:
        raise Refused(f"The archive holds no image. {SAVE}")
    ours = list({image.config.image.id: image for image in images if image.is_ours}.values())
    if len(ours) > 1:
        raise Refused(f"The archive holds {len(ours):,} images for {PLATFORM}. {SAVE_ONE_IMAGE}")
    if not ours:
        raise Refused(_has_only(image.config.image.platform for image in images))
    return ours[0]


def _read_docker_manifest(members: Members) -> list[ArchivedImage]:
    try:
        rows = as_objects(parse(read_document(members, DOCKER_MANIFEST)), MAX_LISTED)
        named = {(as_text(row.get("Config")), *as_texts(row.get("Layers"))) for row in rows}
    except BadDocumentError as error:
        raise Refused(f"The archive's {DOCKER_MANIFEST} {error}. {SAVE}") from None
    if len(named) > 1:
        raise Refused(f"The archive holds {len(named):,} images. {SAVE_ONE_IMAGE}")
    images = []
    for config, *layers in named:
        data = read_document(members, config)
        images.append(ArchivedImage(data, read_config(data), tuple(layers)))
    return images


class _Index:
    """The OCI layout: an index of manifests, or of other indexes."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._images: dict[str, ArchivedImage | None] = {}  # by the digest of their manifest
        self._others: set[str] = set()  # platforms of skipped images
        self._is_absent = False  # an image for our platform is named, but not there

    def read_images(self) -> list[ArchivedImage]:
        """Return the images for our platform, or all if there are none for it."""
        try:
            self._read(parse(read_document(self._members, OCI_INDEX)), MAX_DEPTH)
        except BadDocumentError as error:
            raise Refused(f"The archive's {OCI_INDEX} {error}. {SAVE}") from None
        images = [image for image in self._images.values() if image is not None]
        if not images and self._is_absent:
            raise Refused(
                f"The archive names an image for {PLATFORM}, but does not hold it. Fetch it with "
                f"`docker pull --platform {PLATFORM}`, or build it with `docker build --platform "
                f"{PLATFORM}`, and save it again with `docker save --platform {PLATFORM}`."
            )
        if not images and self._others:
            raise Refused(_has_only(self._others))
        return images

    def _read(self, value: object, depth: int) -> None:
        ours, others = split_manifests(as_object(value))
        self._others |= others  # they may be missing: Docker saves the parts that it has
        for descriptor in ours:
            digest = as_text(descriptor.get("digest"))
            if digest in self._images:
                continue
            self._images[digest] = None
            if len(self._images) > MAX_MANIFESTS:
                raise BadDocumentError(f"leads to more than {MAX_MANIFESTS} manifests")
            if descriptor.get("platform") and _path(digest) not in self._members:
                self._is_absent = True
                continue
            document = as_object(parse(self._read_blob(digest)))
            if "manifests" in document:
                if not depth:
                    raise BadDocumentError(TOO_DEEP)
                self._read(document, depth - 1)
            elif as_object(document.get("config")).get("mediaType") in IMAGE_CONFIGS:
                config = self._read_blob(_digest(document.get("config")))
                layers = as_objects(document.get("layers"), MAX_LISTED)
                paths = tuple(_path(_digest(layer)) for layer in layers)
                self._images[digest] = ArchivedImage(config, read_config(config), paths)

    def _read_blob(self, digest: str) -> bytes:
        data = read_document(self._members, _path(digest))
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise Refused(f"The archive's {shown(_path(digest))} is damaged. {SAVE}")
        return data


def split_manifests(index: JsonObject) -> tuple[list[JsonObject], set[str]]:
    """Return the manifests of an index that may be for our platform, and the other platforms.

    The platforms are for messages: an index may name anything.
    """
    ours, others = [], set()
    for descriptor in as_objects(index.get("manifests"), MAX_LISTED):
        platform = as_object(descriptor.get("platform"))
        words = [as_text(platform.get("os")), as_text(platform.get("architecture"))]
        name = "/".join(words)
        if not platform or name == PLATFORM:
            ours.append(descriptor)
        elif name != NOT_FOR_MACHINES:
            others.add("/".join(printable(word, PLATFORM_SHOWN) or "unknown" for word in words))
    return ours, others


def explain_platforms(names: Iterable[str]) -> str:
    """Return the sentence about an image that is built for these platforms only."""
    return (
        f"The image is built for {_join(names)}, not for {PLATFORM}. Build it with `docker build "
        f"--platform {PLATFORM}`. {SAVE_PLATFORM}"
    )


def _has_only(names: Iterable[str]) -> str:
    return (
        f"The archive has {_join(names)} only: build for {PLATFORM}, with `docker build "
        f"--platform {PLATFORM}`. {SAVE_PLATFORM}"
    )


def _join(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))[:PLATFORMS_NAMED])


def _digest(descriptor: object) -> str:
    return as_text(as_object(descriptor).get("digest"))


def _path(digest: str) -> str:
    if not DIGEST.fullmatch(digest):
        raise BadDocumentError(f"names {shown(digest)}, which is no SHA-256 digest")
    return f"blobs/{digest.replace(':', '/')}"


def find_layer_sections(image: ArchivedImage, members: Members) -> tuple[Section, ...]:
    """Return the places of the layers in the archive; raises Refused if a layer is missing."""
    total = len(image.config.diff_ids)
    if len(image.layers) != total:
        raise Refused(
            f"The archive names {len(image.layers):,} layers, the image's configuration {total:,}. "
            f"{SAVE}"
        )
    sections = []
    for number, name in enumerate(image.layers, 1):
        section = members.find(name)
        if section is None:
            raise Refused(
                f"Layer {number} of {total}, {shown(name)}, is not in the archive. {SAVE}"
            )
        sections.append(section)
    return tuple(sections)
