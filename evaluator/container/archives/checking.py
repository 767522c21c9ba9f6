"""An archive of an image, checked without an engine, and written anew on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from evaluator.container.archives import config
from evaluator.container.archives.canonical import CanonicalArchive
from evaluator.container.archives.kinds import SAVE
from evaluator.container.archives.layers import SMALLER, Layer, LayerBudget, read_layer
from evaluator.container.archives.layouts import ArchivedImage, find_image, layer_sections
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
    """How large an image may be; the defaults are the contract's, a phase may say less."""

    archive: int = 25 * GB  # bytes of the file
    unpacked: int = 50 * GB  # bytes of all layers, unpacked


@dataclass(frozen=True, slots=True)
class ImageArchive:
    """An image that can be run, as its archive tells of it; its tags are not kept."""

    image: ImageSettings  # its id is the one that the engine gives it; `runs_as` is its user there
    archive_bytes: int  # of the file that was checked
    unpacked_bytes: int  # that its layers take in an engine
    layers: tuple[Layer, ...]  # the lowest first
    notes: tuple[str, ...]  # what a run does in another way than the image says


def check_archive(
    stream: BinaryIO,
    name: str = "",
    *,
    limits: ArchiveLimits | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ImageArchive:
    """Return what an archive of `docker save` or `podman save` holds, having read all of it.

    `stream` is seekable, plain tar or gzip, of any layout. Nothing is unpacked to disk, and memory
    is bounded whatever it holds. `on_progress` is told the share that is done, about once a
    megabyte; an exception of it ends the check and is raised here. Raises ImageError with every
    problem: those of layers are looked for once there are no others, since that may take minutes.
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

    What is written depends on the image alone, not on who saved it, when, or under which names,
    and `docker load` makes the image of it without a name. `target` has to be seekable and empty:
    the header of a layer that comes compressed is written after it, all else in order. It takes up
    to `unpacked_bytes` and a little, and is useless after an error. Raises what `check_archive`
    does, and OSError if nothing more can be written.
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
    found, sections = _found(source, limits, log)
    layers, more = _read_layers(found, sections, limits, log, target)
    if on_progress:
        on_progress(1.0)
    image = found.config.image
    unpacked = sum(layer.unpacked_bytes for layer in layers)
    return ImageArchive(image, source.size, unpacked, layers, (*config.notes(image), *more))


def _found(
    source: FileSource, limits: ArchiveLimits, log: ProblemLog
) -> tuple[ArchivedImage, tuple[Section, ...]]:
    """Return the image and its layers, without having read these."""
    try:
        if source.size > limits.archive:
            raise Refused(
                f"The archive has {in_bytes(source.size)}, and {in_bytes(limits.archive)} is the "
                f"limit. {SMALLER}"
            )
        members = scan(source, limits.unpacked, log)
        found = find_image(members)
        for fault in config.faults(found.config):
            log.add(fault)
        sections = layer_sections(found, members)
    except Refused as refused:
        log.add(refused.message)
        raise ImageError(log.problems, log.total) from None
    log.raise_as(ImageError)
    return found, sections


def _read_layers(
    found: ArchivedImage,
    sections: Sequence[Section],
    limits: ArchiveLimits,
    log: ProblemLog,
    target: CanonicalArchive | None,
) -> tuple[tuple[Layer, ...], list[str]]:
    """Read every layer once and write it; return them with notes on what they make together.

    Raises ImageError for what is wrong with any, or with the places that a run needs.
    """
    diff_ids = found.config.diff_ids
    if target:
        target.begin(found.config.image.id, found.config_bytes, diff_ids)
    budget = LayerBudget(limits.unpacked)
    tree = Tree()
    read: dict[str, Layer] = {}
    for number, (section, diff_id) in enumerate(zip(sections, diff_ids, strict=True), 1):
        where = f"{number} of {len(diff_ids)}"
        tree.layer = number
        try:
            if diff_id in read:  # the engine unpacks it once more, over what came between
                read_layer(section, diff_id, budget, tree, None)
                continue
            size = None if is_gzip(section) else section.size
            with target.layer(diff_id, size) if target else nullcontext() as write:
                read[diff_id] = read_layer(section, diff_id, budget, tree, write)
        except BrokenArchiveError as error:
            log.add(f"Layer {where} {error}. {error.remedy or SAVE}")
            target = None  # what is written is of no use; the other layers are still looked at
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
    places = _check_places(tree, found, log)
    if target:
        target.end()
    return tuple(read[diff_id] for diff_id in diff_ids), places.notes


def _check_places(tree: Tree, found: ArchivedImage, log: ProblemLog) -> Places:
    """Return what was noted; raises ImageError for what is wrong."""
    places = Places()
    try:
        places = check_places(tree, found.config)
    except TooManyStepsError:
        log.add(TOO_MANY_STEPS)
    for fault in places.faults:
        log.add(fault)
    log.raise_as(ImageError)
    return places


class _CheckProgress:
    """Turns bytes that were read into the share that is done."""

    def __init__(self, source: FileSource, tell: Callable[[float], None]) -> None:
        # Of what is packed as a whole, the headers can't be found without unpacking it once.
        passes = 2 if is_gzip(source) else 1
        self._total = max(source.size * passes, 1)
        self._read = 0
        self._tell = tell

    def add(self, size: int) -> None:
        self._read += size
        self._tell(min(self._read / self._total, 1.0))
