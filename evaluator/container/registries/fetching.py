"""An image copied from a registry, so that it can't vanish before its system is scored again.

The OCI distribution API, as an anonymous reader. What comes is an archive like an upload: it goes
through the same checks. Every byte is checked by its digest on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
    ONE_IMAGE,
    manifests_of,
    other_platforms,
)
from evaluator.container.flags import PLATFORM
from evaluator.container.registries.archive_writer import OciArchive
from evaluator.container.registries.distribution import PUSH_AGAIN, Distribution, as_blob
from evaluator.container.registries.guarded_http import Network
from evaluator.container.registries.references import UPLOAD, Reference, refuse
from evaluator.container.verdict import in_bytes
from evaluator.formats.limits import Refused

TIME = 3600.0  # seconds for an image


@dataclass(frozen=True, slots=True)
class Registries:
    """Where images may be fetched from."""

    hosts: frozenset[str]  # as people write them, with a port if there is one
    has_loopback: bool = False  # registries without TLS on this machine: for tests alone


def fetch(
    reference: Reference,
    target: BinaryIO,
    registries: Registries,
    *,
    limits: ArchiveLimits | None = None,
    seconds: float = TIME,
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Write an image to `target`, from its start to its end, as an archive to be checked.

    Its configuration is looked at before its layers are fetched, so that what can't be run is told
    at once. `on_progress` gets the share that is done; an exception of it ends the work. Raises
    ImageError for what the participant can mend, NetworkError (an InfrastructureError) for what may
    be better later; what was written is of no use then.
    """
    require_allowed(reference, registries)
    loopback = registries.has_loopback
    with Network({reference.api_host}, seconds, has_loopback=loopback) as network:
        registry = Distribution(reference, network, is_plain=loopback)
        try:
            _copy(registry, OciArchive(target), limits or ArchiveLimits(), on_progress)
        except Refused as refused:
            refuse(reference, refused.message)
        except BadDocumentError as error:
            refuse(reference, f"The image's manifest {error}. {PUSH_AGAIN}")


def require_allowed(reference: Reference, registries: Registries) -> None:
    """Raise ImageError for a registry that is not one of these."""
    if reference.host not in registries.hosts:
        allowed = ", ".join(sorted(registries.hosts)) or "no registry at all"
        refuse(
            reference,
            f"Images are not fetched from {reference.host}, but from {allowed}. Push it there. "
            f"{UPLOAD}",
        )


def _copy(
    registry: Distribution,
    archive: OciArchive,
    limits: ArchiveLimits,
    on_progress: Callable[[float], None] | None,
) -> None:
    manifest, data = _manifest(registry)
    configuration = as_blob(manifest.get("config"))
    if configuration.size > MAX_DOCUMENT:
        raise Refused(f"The image's configuration has more than {MAX_DOCUMENT:,} bytes.")
    settings = b"".join(registry.blob(configuration))
    _require_fitting(settings)
    found = as_objects(manifest.get("layers"), config.MAX_LAYERS)
    layers = dict.fromkeys(as_blob(one) for one in found)  # each comes once, in their order
    total = sum(layer.size for layer in layers)
    if total > limits.archive:
        raise Refused(
            f"The image has {in_bytes(total)}, and {in_bytes(limits.archive)} is the limit. "
            f"{SMALLER}"
        )
    archive.begin(manifest_digest := f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))
    archive.blob(manifest_digest, len(data), [data])
    archive.blob(configuration.digest, len(settings), [settings])
    tell = _Progress(total, on_progress).of
    for layer in layers:
        archive.blob(layer.digest, layer.size, tell(registry.blob(layer)))
    archive.end()


def _manifest(registry: Distribution) -> tuple[dict[str, object], bytes]:
    """Return the manifest of the image for our platform, and its bytes."""
    data = registry.manifest(registry.reference.digest)
    document = as_object(parse(data))
    if "manifests" in document:
        ours, others = manifests_of(document)
        if len(ours) > 1:
            raise Refused(f"The reference leads to {len(ours)} images for {PLATFORM}. {ONE_IMAGE}")
        if not ours:
            raise Refused(other_platforms(others or ["no platform"]))
        data = registry.manifest(as_blob(ours[0]).digest)
        document = as_object(parse(data))
    if "config" not in document:
        raise BadDocumentError("is not an image's")
    return document, data


def _require_fitting(settings: bytes) -> None:
    found = config.read_config(settings)
    if found.image.platform != PLATFORM:
        raise Refused(other_platforms([found.image.platform]))
    if faults := list(config.faults(found)):
        raise Refused(" ".join(faults))


@dataclass(slots=True)
class _Progress:
    """Turns the layers' pieces into the share that is done."""

    total: int
    tell: Callable[[float], None] | None
    done: int = 0

    def of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.done += len(piece)
            if self.tell:
                self.tell(self.done / self.total)
            yield piece
