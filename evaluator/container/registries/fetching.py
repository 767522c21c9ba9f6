"""Copies an image from a registry, so that it can't vanish before its system is scored again.

The copy is an archive like an upload and goes through the same checks. Each byte is checked by its
digest on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import BinaryIO

from evaluator.container.archives import ArchiveLimits, config
from evaluator.container.archives.documents import (
    MAX_DOCUMENT,
    BadDocumentError,
    as_object,
    as_objects,
    parse,
)
from evaluator.container.archives.layers import SMALLER
from evaluator.container.archives.layouts import (
    IMAGE_CONFIGS,
    SAVE_ONE_IMAGE,
    explain_platforms,
    split_manifests,
)
from evaluator.container.flags import PLATFORM
from evaluator.container.limits import in_bytes
from evaluator.container.references import OR_UPLOAD, UPLOAD, Reference, refuse
from evaluator.container.registries.archive_writer import OciArchiveWriter
from evaluator.container.registries.distribution import (
    PUSH_AGAIN,
    Blob,
    Repository,
    read_descriptor,
    refuse_unreadable,
)
from evaluator.container.registries.guarded_http import GuardedHttp
from evaluator.errors import printable
from evaluator.formats.limits import Refused

TIME = 3600.0  # seconds for an image
KIND_CHARACTERS = 100  # of a media type in a message


@dataclass(frozen=True, slots=True)
class Registries:
    """The registries that images may be fetched from."""

    hosts: frozenset[str]  # as references have them, with a port unless that is the usual port
    has_loopback: bool = False  # registries on this machine may answer without TLS


def trust_named_registry(reference: Reference) -> Registries:
    """Return the registry of a reference that a person names on their own machine.

    Nobody else has a say in it, so it may have any address. On the machine itself (localhost,
    127.0.0.1) it answers without TLS, as registries for trials do.
    """
    name = reference.host.partition(":")[0]
    try:
        is_loopback = ip_address(name).is_loopback
    except ValueError:
        is_loopback = name == "localhost"
    return Registries(frozenset({reference.host}), has_loopback=is_loopback)


def fetch_image(
    reference: Reference,
    target: BinaryIO,
    registries: Registries,
    *,
    limits: ArchiveLimits | None = None,
    seconds: float = TIME,
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Write an image to `target`, from its start to its end, as an archive that is to be checked.

    The configuration is checked before the layers are fetched, so that an image that can't be run
    is refused at once. `on_progress` gets the share that is done; its exceptions end the work.
    Raises ImageError for problems that the participant can fix, and NetworkError (an
    InfrastructureError) for failures that may pass. After an error `target` is of no use.
    """
    require_allowed(reference, registries)
    loopback = registries.has_loopback
    with GuardedHttp({reference.api_host}, seconds, has_loopback=loopback) as http:
        repository = Repository(reference, http, is_plain=loopback)
        try:
            _copy(repository, OciArchiveWriter(target), limits or ArchiveLimits(), on_progress)
        except Refused as refused:
            refuse(reference, refused.message)
        except BadDocumentError as error:
            refuse(reference, f"The image's manifest {error}. {PUSH_AGAIN}")


def require_allowed(reference: Reference, registries: Registries) -> None:
    """Raise ImageError if the reference's host is not among the registries."""
    if reference.host not in registries.hosts:
        if not registries.hosts:
            refuse(reference, f"Images are not fetched from registries. {UPLOAD}")
        allowed = ", ".join(sorted(registries.hosts))
        refuse(
            reference,
            f"Images are not fetched from {reference.host}, but from {allowed}. Push it there. "
            f"{OR_UPLOAD}",
        )


def _copy(
    repository: Repository,
    archive: OciArchiveWriter,
    limits: ArchiveLimits,
    on_progress: Callable[[float], None] | None,
) -> None:
    with refuse_unreadable():
        parts = _read_documents(repository, limits)
    archive.begin(_digest(parts.manifest), len(parts.manifest))
    for document in (parts.manifest, parts.settings):
        archive.add_blob(_digest(document), len(document), [document])
    progress = _FetchProgress(sum(layer.size for layer in parts.layers), on_progress)
    for layer in parts.layers:
        archive.add_blob(layer.digest, layer.size, progress.count(repository.read_blob(layer)))
    archive.finish()


@dataclass(frozen=True, slots=True)
class _Parts:
    """An image's documents, checked, and its layers, still to be fetched."""

    manifest: bytes
    settings: bytes  # its configuration
    layers: tuple[Blob, ...]  # each once, in their order


def _read_documents(repository: Repository, limits: ArchiveLimits) -> _Parts:
    manifest, data = _read_manifest(repository)
    configuration = read_descriptor(manifest.get("config"))
    if configuration.size > MAX_DOCUMENT:
        raise Refused(f"The image's configuration has more than {MAX_DOCUMENT:,} bytes.")
    settings = b"".join(repository.read_blob(configuration))
    described = config.read_config(settings)
    if described.image.platform != PLATFORM:
        raise Refused(explain_platforms([described.image.platform]))
    if faults := list(config.find_faults(described)):
        raise Refused(" ".join(faults))
    descriptors = as_objects(manifest.get("layers"), config.MAX_LAYERS)
    layers = tuple(dict.fromkeys(map(read_descriptor, descriptors)))
    total = sum(layer.size for layer in layers)
    if total > limits.archive:
        raise Refused(
            f"The image has {in_bytes(total)}, and {in_bytes(limits.archive)} is the limit. "
            f"{SMALLER}"
        )
    return _Parts(data, settings, layers)


def _digest(document: bytes) -> str:
    return f"sha256:{hashlib.sha256(document).hexdigest()}"


def _read_manifest(repository: Repository) -> tuple[dict[str, object], bytes]:
    """Return the manifest of the image for our platform, and its bytes."""
    data = repository.read_manifest(repository.reference.digest)
    document = as_object(parse(data))
    if "manifests" in document:
        ours, others = split_manifests(document)
        if len(ours) > 1:
            raise Refused(
                f"The reference leads to {len(ours)} images for {PLATFORM}. {SAVE_ONE_IMAGE}"
            )
        if not ours:
            raise Refused(explain_platforms(others or ["no platform"]))
        data = repository.read_manifest(read_descriptor(ours[0]).digest)
        document = as_object(parse(data))
    if "config" not in document:
        raise BadDocumentError("is not an image's")
    kind = printable(str(as_object(document["config"]).get("mediaType") or ""), KIND_CHARACTERS)
    if kind and kind not in IMAGE_CONFIGS:  # such as a chart, a signature or a model
        raise Refused(f"The reference leads to something else than an image ({kind}). {PUSH_AGAIN}")
    return document, data


@dataclass(slots=True)
class _FetchProgress:
    """Turns the pieces of the layers into the share that is done."""

    total: int  # bytes
    tell: Callable[[float], None] | None
    done: int = 0  # bytes

    def count(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.done += len(piece)
            if self.tell:
                self.tell(self.done / self.total)
            yield piece
