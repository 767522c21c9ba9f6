"""Downloads an image's archive: in pieces if need be, never more than announced."""

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
from evaluator.node.protocol.pauses import grow_pauses
from evaluator.node.protocol.run_assignment import ImageSource

logger = logging.getLogger(__name__)

READ_BYTES = 1024**2
FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 15  # seconds
MAX_FAILURES = 8  # tries in a row without a byte: a minute of pauses
SLOWEST = 64 * 1024  # bytes in WATCH_TIME; a connection that brings less hangs
WATCH_TIME = 60  # seconds
WRONG_RANGE = 416  # status
GONE = 404  # status: the platform knows no such run of ours


class WrongArchiveError(ImageUnavailableError):
    """The whole archive came, and it is not the announced archive."""


class GoneError(ImageUnavailableError):
    """The platform does not offer the archive any more."""


def download(
    platform: Platform,
    image: ImageSource,
    path: Path,
    *,
    check: Callable[[], object],
    wait: Callable[[float], object],
) -> None:
    """Download the archive of an image to `path`; bytes that are there already are kept.

    `check` is called all the time, and its exception ends the download; `wait` waits between two
    tries. Raises ImageUnavailableError if the archive can't be fetched or is not the announced
    archive (then `path` is removed), FenceRefusedError and TokenRefusedError if the run is not
    ours.
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
    pauses, failures = grow_pauses(FIRST_PAUSE, LONGEST_PAUSE), 0
    while part.size < image.size:
        before = part.size
        check()
        try:
            _continue(platform, image, part, check)
        except UnreachableError as error:
            if part.size > before:
                pauses, failures = grow_pauses(FIRST_PAUSE, LONGEST_PAUSE), 0
            failures += 1
            if failures == MAX_FAILURES:
                raise ImageUnavailableError(f"the archive can't be fetched: {error}") from None
            logger.warning("the archive came to %s bytes so far: %s", f"{part.size:,}", error)
            wait(next(pauses))
        except UnexpectedAnswerError as error:
            part.start_over()
            if error.status != WRONG_RANGE or not before:
                kind = GoneError if error.status == GONE else ImageUnavailableError
                raise kind(f"the archive can't be fetched: {error}") from None


def _continue(
    platform: Platform, image: ImageSource, part: _PartialArchive, check: Callable[[], object]
) -> None:
    with platform.download(image.path, part.size, image.sha256) as (start, pieces):
        if start < part.size:
            part.start_over()
        watch = _Watch()
        for piece in pieces:
            check()
            part.append(piece)
            watch.count(len(piece))
    if part.size < image.size:
        raise UnreachableError("the answer ended early")


class _PartialArchive:
    """The bytes of an archive that have come so far, with their hash."""

    def __init__(self, image: ImageSource, path: Path) -> None:
        self._image = image
        self._path = path
        self._file = path.open("a+b")
        self._hash = hashlib.sha256()
        self.size = 0
        self._file.seek(0)
        for piece in read_pieces(self._file):
            self._hash.update(piece)
            self.size += len(piece)
        if self.size > image.size:
            self.start_over()

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

    def start_over(self) -> None:
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self.size = 0

    def require_digest(self) -> None:
        if self._hash.hexdigest() != self._image.sha256:
            raise WrongArchiveError("the archive's SHA-256 is not the announced one")


class _Watch:
    """Notices a connection that brings almost nothing."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._bytes = 0

    def count(self, size: int) -> None:
        self._bytes += size
        if time.monotonic() - self._since < WATCH_TIME:
            return
        if self._bytes < SLOWEST:
            raise UnreachableError(f"it brought {self._bytes:,} bytes in {WATCH_TIME} s")
        self._since, self._bytes = time.monotonic(), 0


def read_pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of a file."""
    while piece := file.read(READ_BYTES):
        yield piece


def require_space(folder: Path, size: int) -> None:
    """Raise ImageUnavailableError if the disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise ImageUnavailableError(
            f"the archive has {in_bytes(size)}, NODE_STATE_DIR has room for {in_bytes(free)}"
        )
