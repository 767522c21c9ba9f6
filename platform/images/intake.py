"""From an uploaded archive, or a registry, to an image: checked, and kept without its names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.conf import settings

from evaluator.container.archives import ArchiveLimits, write_canonical
from evaluator.container.registries import Reference, Registries, fetch_image
from files import storage
from files.incoming import IncomingFile
from images.models import Image

AROUND_LAYERS = 64 * 1024 * 1024  # bytes of an archive besides its layers; real ones have far fewer


@dataclass(frozen=True, slots=True)
class Taken:
    """An image that can be run."""

    image: Image
    notes: tuple[str, ...]  # where a run differs from what the image says


def take_in(stream: BinaryIO, name: str) -> Taken:
    """Check an archive and keep its image; nothing is loaded. Raises ImageError.

    The same image is kept once, whoever sends it, in whatever layout, under whatever names.
    """
    limits = _limits()
    with IncomingFile("image.tar") as target:
        checked = write_canonical(stream, cast("BinaryIO", target), name, limits=limits)
        archive = storage.put(target, max_bytes=limits.unpacked + AROUND_LAYERS)
    image, _ = Image.objects.get_or_create(
        digest=checked.image.id,
        defaults={
            "archive": archive,
            "unpacked": checked.unpacked_bytes,
            "layers": len(checked.layers),
            "runs_as": checked.image.runs_as,
        },
    )
    return Taken(image, checked.notes)


def fetch(reference: Reference, *, on_progress: Callable[[float], None]) -> Taken:
    """Copy an image from its registry, then take it in as if it had been uploaded.

    `on_progress` gets the share that was fetched; its exceptions end the work. Raises ImageError,
    and NetworkError if the registry does not send the image now.
    """
    with IncomingFile("fetched.tar") as target:
        archive = cast("BinaryIO", target)
        fetch_image(
            reference,
            archive,
            allowed_registries(),
            limits=_limits(),
            seconds=settings.IMAGE_FETCH_TIME,
            on_progress=on_progress,
        )
        archive.seek(0)
        return take_in(archive, str(reference))


def allowed_registries() -> Registries:
    """Return the registries that the operator allows."""
    hosts = frozenset(settings.IMAGE_REGISTRIES)
    return Registries(hosts, settings.IMAGE_REGISTRIES_ON_LOOPBACK)


def _limits() -> ArchiveLimits:
    return ArchiveLimits(
        archive=settings.MAX_IMAGE_BYTES, unpacked=settings.MAX_UNPACKED_IMAGE_BYTES
    )
