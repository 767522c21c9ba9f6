"""One archive from the platform to a file: in pieces if need be, never more than announced."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from evaluator.container.errors import ImageUnavailableError
from evaluator.container.limits import in_bytes
from evaluator.node.errors import UnexpectedAnswerError, UnreachableError
from evaluator.node.protocol.client import Platform
from evaluator.node.protocol.pauses import growing
from evaluator.node.protocol.run_assignment import ImageSource

logger = logging.getLogger(__name__)

READ_BYTES = 1024**2
FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 15  # seconds
TRIES = 8  # in a row that bring nothing: a minute of pauses
SLOWEST = 64 * 1024  # bytes in SLOWNESS seconds; less is taken for a connection that hangs
SLOWNESS = 60  # seconds
WRONG_RANGE = 416  # status
GONE = 404  # status: the platform knows no such run of ours


class WrongArchiveError(ImageUnavailableError):
    """All of it came, and it is another than announced."""


class GoneError(ImageUnavailableError):
    """The platform does not offer it any more."""


def download(
    platform: Platform,
    image: ImageSource,
    path: Path,
    *,
    check: Callable[[], object],
    wait: Callable[[float], object],
) -> None:
    """Bring the archive of an image to `path`; what is there already is not fetched again.

    `check` is called all the time and ends it by its exception; `wait` waits between two tries.
    Raises ImageUnavailableError if the archive can't be had or is another than announced, and then
    nothing is left at `path`; FenceRefusedError and TokenRefusedError if the run is not ours.
    """
    with _PartialArchive(image, path) as part:
        _complete(platform, image, part, check, wait)
        part.require_digest()


def _complete(
    platform: Platform,
    image: ImageSource,
    part: _PartialArchive,
    check: Callable[[], object],
    wait: Callable[[float], object],
) -> None:
    pauses, failures = growing(FIRST_PAUSE, LONGEST_PAUSE), 0
    while part.size < image.size:
        before = part.size
        check()
        try:
            _continue(platform, image, part, check)
        except UnreachableError as error:
            if part.size > before:
                pauses, failures = growing(FIRST_PAUSE, LONGEST_PAUSE), 0
            failures += 1
            if failures == TRIES:
                raise ImageUnavailableError(f"the archive can't be fetched: {error}") from None
            logger.warning("the archive came to %s bytes so far: %s", f"{part.size:,}", error)
            wait(next(pauses))
        except UnexpectedAnswerError as error:
            part.begin_anew()
            if error.status != WRONG_RANGE or not before:
                kind = GoneError if error.status == GONE else ImageUnavailableError
                raise kind(f"the archive can't be fetched: {error}") from None


def _continue(
    platform: Platform, image: ImageSource, part: _PartialArchive, check: Callable[[], object]
) -> None:
    with platform.download(image.path, part.size, image.sha256) as (start, pieces):
        if start < part.size:
            part.begin_anew()
        watch = _Watch()
        for piece in pieces:
            check()
            part.append(piece)
            watch.count(len(piece))
    if part.size < image.size:
        raise UnreachableError("the answer ended early")


class _PartialArchive:
    """What has come so far, with its hash."""

    def __init__(self, image: ImageSource, path: Path) -> None:
        self._image = image
        self._path = path
        self._file = path.open("a+b")
        self._hash = hashlib.sha256()
        self.size = 0
        self._file.seek(0)
        for piece in pieces_of(self._file):
            self._hash.update(piece)
            self.size += len(piece)
        if self.size > image.size:
            self.begin_anew()

    def __enter__(self) -> _PartialArchive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if isinstance(error, ImageUnavailableError):
            self._path.unlink(missing_ok=True)

    def append(self, piece: bytes) -> None:
        if self.size + len(piece) > self._image.size:
            raise WrongArchiveError(
                f"the archive has more than the announced {self._image.size:,} bytes"
            )
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    def begin_anew(self) -> None:
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self.size = 0

    def require_digest(self) -> None:
        if self._hash.hexdigest() != self._image.sha256:
            raise WrongArchiveError("the archive's SHA-256 is not the announced one")


class _Watch:
    """Notices a connection that brings next to nothing."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._bytes = 0

    def count(self, size: int) -> None:
        self._bytes += size
        if time.monotonic() - self._since < SLOWNESS:
            return
        if self._bytes < SLOWEST:
            raise UnreachableError(f"it brought {self._bytes:,} bytes in {SLOWNESS} s")
        self._since, self._bytes = time.monotonic(), 0


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what a file holds from here on."""
    while piece := file.read(READ_BYTES):
        yield piece


def require_space(folder: Path, size: int) -> None:
    """Raise ImageUnavailableError if the disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise ImageUnavailableError(
            f"the archive has {in_bytes(size)}, NODE_STATE_DIR has room for {in_bytes(free)}"
        )
