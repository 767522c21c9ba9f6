"""Checks an archive of an image without an engine, and writes the canonical archive on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from evaluator.container.archives import config
from evaluator.container.archives.canonical import CanonicalArchive
from evaluator.container.archives.kinds import SAVE
from evaluator.container.archives.layers import SMALLER, Layer, LayerBudget, read_layer
from evaluator.container.archives.layouts import ArchivedImage, find_image, find_layer_sections
from evaluator.container.archives.members import scan
from evaluator.container.archives.places import Places, check_places
from evaluator.container.archives.sources import (
    BrokenArchiveError,
    FileSource,
    Section,
    TooManyBytesError,
    is_gzip,
)
from evaluator.container.archives.tree import TooManyStepsError, Tree
from evaluator.container.flags import ImageSettings
from evaluator.container.limits import GB, in_bytes
from evaluator.errors import ImageError, ProblemLog
from evaluator.formats.limits import Refused

TOO_MANY_STEPS = (
    "The image's links lead through too many folders. Build it with files at their "
    "own paths, not below symbolic links."
)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """The largest sizes of an image; the defaults are those of docs/contract.md 5."""

    archive: int = 25 * GB  # bytes of the file
    unpacked: int = 50 * GB  # bytes of all layers, unpacked


@dataclass(frozen=True, slots=True)
class ImageArchive:
    """An image that can be run, as its archive describes it; its tags are not kept."""

    image: ImageSettings  # with the id that the engine gives it
    archive_bytes: int  # of the file that was checked
    unpacked_bytes: int  # that its layers take in an engine
    layers: tuple[Layer, ...]  # the lowest first
    notes: tuple[str, ...]  # where a run differs from what the image says


def check_archive(
    stream: BinaryIO,
    name: str = "",
    *,
    limits: ArchiveLimits | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ImageArchive:
    """Return what an archive of `docker save` or `podman save` holds, having read all of it.

    `stream` is seekable, plain tar or gzip, of any layout. Nothing is unpacked to disk, and memory
    is bounded whatever it holds. `on_progress` gets the share that is done, about once a megabyte;
    its exceptions end the check and are raised here. Raises ImageError with every problem; layers
    are read only if everything else is right, since that may take minutes.
    """
    return _checked(stream, name, limits or ArchiveLimits(), on_progress, None)


def write_canonical(
    stream: BinaryIO,
    target: BinaryIO,
    name: str = "",
    *,
    limits: ArchiveLimits | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ImageArchive:
    """Check an archive and write its image to `target`, both in one pass.

    The output depends on the image only, not on its names, its time, or the program that saved it.
    `docker load` makes the image of it, without a name. `target` has to be seekable and empty: the
    header of a compressed layer is written after the layer, everything else in order. It takes
    little more than `unpacked_bytes`, and is useless after an error. Raises the errors of
    `check_archive`, and OSError if nothing more can be written.
    """
    return _checked(stream, name, limits or ArchiveLimits(), on_progress, CanonicalArchive(target))


def _checked(
    stream: BinaryIO,
    name: str,
    limits: ArchiveLimits,
    on_progress: Callable[[float], None] | None,
    target: CanonicalArchive | None,
) -> ImageArchive:
    log = ProblemLog(name)
    source = FileSource(stream)
    if on_progress:
        source.on_read = _CheckProgress(source, on_progress).add
    archived, sections = _find_layers(source, limits, log)
    diff_ids = archived.config.diff_ids
    if target:
        target.begin(archived.config.image.id, archived.config_bytes, diff_ids)
    tree = Tree()
    layers = _read_layers(diff_ids, sections, tree, limits, log, target)
    places = Places()
    try:
        places = check_places(tree, archived.config)
    except TooManyStepsError:
        log.add(TOO_MANY_STEPS)
    for fault in places.faults:
        log.add(fault)
    log.raise_as(ImageError)
    if target:
        target.end()
    if on_progress:
        on_progress(1.0)
    image = archived.config.image
    unpacked = sum(layer.unpacked_bytes for layer in layers)
    notes = (*config.describe_differences(image), *places.notes)
    return ImageArchive(image, source.size, unpacked, layers, notes)


def _find_layers(
    source: FileSource, limits: ArchiveLimits, log: ProblemLog
) -> tuple[ArchivedImage, tuple[Section, ...]]:
    """Return the image and the places of its layers; raises ImageError."""
    try:
        if source.size > limits.archive:
            raise Refused(
                f"The archive has {in_bytes(source.size)}, and {in_bytes(limits.archive)} is the "
                f"limit. {SMALLER}"
            )
        members = scan(source, limits.unpacked, log)
        archived = find_image(members)
        for fault in config.find_faults(archived.config):
            log.add(fault)
        sections = find_layer_sections(archived, members)
    except Refused as refused:
        log.add(refused.message)
        raise ImageError(log.problems, log.total) from None
    log.raise_as(ImageError)
    return archived, sections


def _read_layers(
    diff_ids: Sequence[str],
    sections: Sequence[Section],
    tree: Tree,
    limits: ArchiveLimits,
    log: ProblemLog,
    target: CanonicalArchive | None,
) -> tuple[Layer, ...]:
    """Read each layer once, apply it to the tree and write it; raises ImageError."""
    budget = LayerBudget(limits.unpacked)
    read: dict[str, Layer] = {}
    for number, (section, diff_id) in enumerate(zip(sections, diff_ids, strict=True), 1):
        where = f"{number} of {len(diff_ids)}"
        tree.layer = number
        try:
            if diff_id in read:  # the engine unpacks it again, over the layers between
                read_layer(section, diff_id, budget, tree, None)
                continue
            size = None if is_gzip(section) else section.size
            with target.layer(diff_id, size) if target else nullcontext() as write:
                read[diff_id] = read_layer(section, diff_id, budget, tree, write)
        except BrokenArchiveError as error:
            log.add(f"Layer {where} {error}. {error.remedy or SAVE}")
            target = None  # the output is useless now; the other layers are still checked
        except TooManyBytesError:
            log.add(
                f"The image unpacks to more than {in_bytes(limits.unpacked)}, the limit, which is "
                f"reached in layer {where}. {SMALLER}"
            )
            break
        except Refused as refused:
            log.add(refused.message)
            break
        except TooManyStepsError:
            log.add(f"{TOO_MANY_STEPS} This was reached in layer {where}.")
            break
    log.raise_as(ImageError)
    return tuple(read[diff_id] for diff_id in diff_ids)


class _CheckProgress:
    """Turns the number of bytes that were read into the share that is done."""

    def __init__(self, source: FileSource, tell: Callable[[float], None]) -> None:
        # A gzipped archive is unpacked twice: its headers can't be read without unpacking it once.
        passes = 2 if is_gzip(source) else 1
        self._total = max(source.size * passes, 1)
        self._read = 0
        self._tell = tell

    def add(self, size: int) -> None:
        self._read += size
        self._tell(min(self._read / self._total, 1.0))
