"""From an archive's manifest to the one image in it, whoever wrote it.

Docker before 25 and Podman write `manifest.json`, later ones of Docker that and an OCI layout,
Podman and skopeo on demand the OCI layout alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
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
from evaluator.formats.limits import Refused

MAX_LISTED = 1000  # images, layers or platforms in one list
MAX_DEPTH = 3  # of an index in an index
MAX_MANIFESTS = 100  # that are read; an image for all platforms there are has 20
PLATFORMS_NAMED = 5  # in a message
NOT_FOR_MACHINES = "unknown/unknown"  # so are the documents called that tell how it was built
IMAGE_CONFIGS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
ONE_IMAGE = "Save one image only: `docker save --output FILE.tar IMAGE`."
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


def find_image(members: Members) -> ArchivedImage:
    """Return the one image of an archive; raises Refused if there is none, or a choice."""
    found = _of_docker(members) if DOCKER_MANIFEST in members else []
    # An engine that keeps an image for several platforms names its own in Docker's manifest.
    if OCI_INDEX in members and not any(map(_fits, found)):
        found += _Index(members).images()
    if not found:
        raise Refused(f"The archive holds no image. {SAVE}")
    fitting = list({one.config.image.id: one for one in found if _fits(one)}.values())
    if len(fitting) > 1:
        raise Refused(f"The archive holds {len(fitting):,} images for {PLATFORM}. {ONE_IMAGE}")
    if not fitting:
        raise Refused(_has_only(one.config.image.platform for one in found))
    return fitting[0]


def _fits(found: ArchivedImage) -> bool:
    return found.config.image.platform == PLATFORM


def _of_docker(members: Members) -> list[ArchivedImage]:
    try:
        listed = as_objects(parse(read_document(members, DOCKER_MANIFEST)), MAX_LISTED)
        named = {(as_text(one.get("Config")), *as_texts(one.get("Layers"))) for one in listed}
    except BadDocumentError as error:
        raise Refused(f"The archive's {DOCKER_MANIFEST} {error}. {SAVE}") from None
    if len(named) > 1:
        raise Refused(f"The archive holds {len(named):,} images. {ONE_IMAGE}")
    return [_found(members, config, layers) for config, *layers in named]


def _found(members: Members, config: str, layers: Sequence[str]) -> ArchivedImage:
    data = read_document(members, config)
    return ArchivedImage(data, read_config(data), tuple(layers))


class _Index:
    """The OCI layout: an index of manifests, or of further indexes."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._images: dict[str, ArchivedImage | None] = {}  # by the digest of their manifest
        self._others: set[str] = set()  # platforms that were passed over
        self._is_absent = False  # whether an image for ours is named, but not there

    def images(self) -> list[ArchivedImage]:
        """Return the images for our platform, or all where there is none for it."""
        try:
            self._read(parse(read_document(self._members, OCI_INDEX)), MAX_DEPTH)
        except BadDocumentError as error:
            raise Refused(f"The archive's {OCI_INDEX} {error}. {SAVE}") from None
        found = [one for one in self._images.values() if one is not None]
        if not found and self._is_absent:
            raise Refused(
                f"The archive names an image for {PLATFORM}, but does not hold it. Fetch it with "
                f"`docker pull --platform {PLATFORM}`, or build it with `docker build --platform "
                f"{PLATFORM}`, and save it again with `docker save --platform {PLATFORM}`."
            )
        if not found and self._others:
            raise Refused(_has_only(self._others))
        return found

    def _read(self, document: object, depth: int) -> None:
        ours, others = manifests_of(as_object(document))
        self._others |= others  # these need not be there: Docker saves what it has of an image
        for descriptor in ours:
            self._follow(descriptor, depth)

    def _follow(self, descriptor: JsonObject, depth: int) -> None:
        digest = as_text(descriptor.get("digest"))
        if digest in self._images:
            return
        self._images[digest] = None
        if len(self._images) > MAX_MANIFESTS:
            raise BadDocumentError(f"leads to more than {MAX_MANIFESTS} manifests")
        if descriptor.get("platform") and _path(digest) not in self._members:
            self._is_absent = True
            return
        document = as_object(parse(self._blob(digest)))
        if "manifests" in document:
            if not depth:
                raise BadDocumentError(f"holds an index in an index, {MAX_DEPTH} times and more")
            self._read(document, depth - 1)
        elif _is_image(document):
            self._images[digest] = self._image(document)

    def _image(self, manifest: JsonObject) -> ArchivedImage:
        config = self._blob(_digest(manifest.get("config")))
        layers = as_objects(manifest.get("layers"), MAX_LISTED)
        return ArchivedImage(
            config, read_config(config), tuple(_path(_digest(one)) for one in layers)
        )

    def _blob(self, digest: str) -> bytes:
        data = read_document(self._members, _path(digest))
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise Refused(f"The archive's {shown(_path(digest))} is damaged. {SAVE}")
        return data


def manifests_of(index: JsonObject) -> tuple[list[JsonObject], set[str]]:
    """Return those of an index that are, or may be, for our platform; and the other platforms."""
    ours, others = [], set()
    for descriptor in as_objects(index.get("manifests"), MAX_LISTED):
        platform = as_object(descriptor.get("platform"))
        name = f"{as_text(platform.get('os'))}/{as_text(platform.get('architecture'))}"
        if not platform or name == PLATFORM:
            ours.append(descriptor)
        elif name != NOT_FOR_MACHINES:
            others.add(name)
    return ours, others


def other_platforms(names: Iterable[str]) -> str:
    """Return the sentence about an image that is made for these platforms only."""
    return (
        f"The image is built for {_listed(names)}, not for {PLATFORM}. Build it with `docker build "
        f"--platform {PLATFORM}`. {SAVE_PLATFORM}"
    )


def _has_only(names: Iterable[str]) -> str:
    return (
        f"The archive has {_listed(names)} only: build for {PLATFORM}, with `docker build "
        f"--platform {PLATFORM}`. {SAVE_PLATFORM}"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))[:PLATFORMS_NAMED])


def _is_image(manifest: JsonObject) -> bool:
    return as_object(manifest.get("config")).get("mediaType") in IMAGE_CONFIGS


def _digest(descriptor: object) -> str:
    return as_text(as_object(descriptor).get("digest"))


def _path(digest: str) -> str:
    if not DIGEST.fullmatch(digest):
        raise BadDocumentError(f"names {shown(digest)}, which is no SHA-256 digest")
    return f"blobs/{digest.replace(':', '/')}"


def layer_sections(found: ArchivedImage, members: Members) -> tuple[Section, ...]:
    """Return each layer's bytes as they are; raises Refused if one is missing."""
    wanted = len(found.config.diff_ids)
    if len(found.layers) != wanted:
        raise Refused(
            f"The archive names {len(found.layers):,} layers, the image's configuration {wanted:,}."
            f" {SAVE}"
        )
    sections = []
    for number, name in enumerate(found.layers, 1):
        section = members.find(name)
        if section is None:
            raise Refused(
                f"Layer {number} of {wanted}, {shown(name)}, is not in the archive. {SAVE}"
            )
        sections.append(section)
    return tuple(sections)
