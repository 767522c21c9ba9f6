"""From an archive as it came to an image: checked, and kept without its names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, cast

from django.conf import settings

from evaluator.container.archives import ArchiveLimits, write_canonical
from files import storage
from files.incoming import IncomingFile
from images.models import Image

AROUND_LAYERS = 64 * 1024 * 1024  # bytes of an archive beside its layers; it has far fewer


@dataclass(frozen=True, slots=True)
class Taken:
    """An image that can be run."""

    image: Image
    notes: tuple[str, ...]  # what a run does in another way than the image says


def take_in(stream: BinaryIO, name: str) -> Taken:
    """Check an archive and keep its image; nothing is loaded. Raises ImageError.

    The same image is kept once, whoever sends it, in whatever layout, under whatever names.
    """
    limits = ArchiveLimits(
        archive=settings.MAX_IMAGE_BYTES, unpacked=settings.MAX_UNPACKED_IMAGE_BYTES
    )
    with IncomingFile("image.tar") as target:
        found = write_canonical(stream, cast("BinaryIO", target), name, limits=limits)
        archive = storage.put(target, max_bytes=limits.unpacked + AROUND_LAYERS)
    image, _ = Image.objects.get_or_create(
        digest=found.image.id,
        defaults={
            "archive": archive,
            "unpacked": found.unpacked_bytes,
            "layers": len(found.layers),
            "runs_as": found.image.runs_as,
        },
    )
    return Taken(image, found.notes)
