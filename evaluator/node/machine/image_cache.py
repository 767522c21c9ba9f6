"""The images of runs: each fetched once, known by its digest, the oldest thrown out first."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.container.errors import EngineError, EngineUnavailableError, ImageUnavailableError
from evaluator.container.limits import in_bytes
from evaluator.node.machine.ledger import Ledger
from evaluator.node.protocol.archive_download import (
    GoneError,
    WrongArchiveError,
    download,
    pieces_of,
    require_space,
)
from evaluator.node.protocol.client import Platform
from evaluator.node.protocol.run_assignment import ImageSource

if TYPE_CHECKING:
    from evaluator.container.engine import Engine, Stored

logger = logging.getLogger(__name__)

LOAD_TIMEOUT = 900  # seconds of silence: one large layer may take long, and nothing is said then
RECONNECTING = (1, 2, 4)  # seconds before each further try to reach the engine


class ImageCache:
    """The images of one engine, as far as this node has loaded them.

    `folder` is this node's alone.
    """

    def __init__(self, platform: Platform, folder: Path, budget: int) -> None:
        self._platform = platform
        self._budget = budget  # bytes
        self._archives = folder / "archives"
        self._archives.mkdir(exist_ok=True)
        self._remove_archives()
        self._ledger = Ledger(folder / "images.json")
        self._missed: ImageSource | None = None  # the last one that has not come
        self.room_needed = 0  # bytes of the last archive that has not come; 0: it has

    def fetch(
        self,
        image: ImageSource,
        *,
        check: Callable[[], object],
        wait: Callable[[float], object],
    ) -> None:
        """See to it that the engine has this image.

        `check` is called all the time and ends it by its exception; `wait` waits. Raises
        ImageUnavailableError if the image can't be had, another EngineError if the engine fails,
        FenceRefusedError or TokenRefusedError if the run is not ours.
        """
        with _connected(wait) as engine:
            found = engine.stored(image.digest)
            if found is None:
                found = self._bring(engine, image, check, wait)
                self._ledger.note(found.id, found.size)
            elif found.id in self._ledger.kept:
                self._ledger.note(found.id, found.size)

    def try_again(self, *, check: Callable[[], object], wait: Callable[[float], object]) -> None:
        """Fetch the archive that has not come, if there is one, for the next run to find it.

        A machine that can't do this is not fit, however well it runs what it has. `check` and
        `wait` as for `fetch`. Raises ImageUnavailableError and other EngineErrors with the reason.
        """
        if self._missed is None:
            return
        try:
            with _connected(wait) as engine:
                self._bring_archive(engine, self._missed, check, wait)
        except (WrongArchiveError, GoneError) as error:  # nothing is wrong with the way to it
            logger.warning("%s", error)
            self._missed = None

    def _bring(
        self,
        engine: Engine,
        image: ImageSource,
        check: Callable[[], object],
        wait: Callable[[float], object],
    ) -> Stored:
        path = self._bring_archive(engine, image, check, wait)
        return self._load(engine, image, path, check)

    def _bring_archive(
        self,
        engine: Engine,
        image: ImageSource,
        check: Callable[[], object],
        wait: Callable[[float], object],
    ) -> Path:
        path = self._archives / image.sha256
        self._missed, self.room_needed = image, image.size
        try:
            self._remove_archives(but=path)
            self._make_room(engine, image)
            require_space(self._archives, image.size - _size(path))
            download(self._platform, image, path, check=check, wait=wait)
            self._missed, self.room_needed = None, 0
            return path
        except OSError as error:
            raise ImageUnavailableError(
                f"NODE_STATE_DIR can't take the archive: {error.strerror}"
            ) from error

    def _make_room(self, engine: Engine, image: ImageSource) -> None:
        """Remove the images with the oldest use until this one fits the budget."""
        if image.unpacked > self._budget:
            raise ImageUnavailableError(
                f"the image has {in_bytes(image.unpacked)}, NODE_IMAGE_BUDGET is "
                f"{in_bytes(self._budget)}"
            )
        present = engine.images()
        for id in self._ledger.kept:
            if id not in present:
                self._ledger.forget(id)
        for id in self._ledger.kept:
            if self._fits(image):
                return
            self._throw_out(engine, id)
        if not self._fits(image):
            raise ImageUnavailableError("NODE_IMAGE_BUDGET is full of images in use")

    def _fits(self, image: ImageSource) -> bool:
        taken = sum(one.size for one in self._ledger.kept.values())
        return taken + image.unpacked <= self._budget

    def _throw_out(self, engine: Engine, id: str) -> None:
        found = engine.stored(id)
        if found is not None and found.tags:
            # This node's images have no names: somebody has taken this one for their own.
            self._ledger.forget(id)
        elif engine.remove_image(id):
            logger.info("image %s was removed to make room", _short(id))
            self._ledger.forget(id)
        else:
            logger.warning("image %s stays: a container that is not ours uses it", _short(id))

    def _load(
        self, engine: Engine, image: ImageSource, path: Path, check: Callable[[], object]
    ) -> Stored:
        before = engine.images()
        self._ledger.note(image.digest, image.unpacked)
        try:
            with path.open("rb") as file:
                names = engine.load(pieces_of(file), check=check)
        except EngineError as error:
            engine.images()  # raises if it is the engine that is in trouble, not the archive
            raise ImageUnavailableError(
                f"the archive can't be loaded: {error}", step=error.step
            ) from error
        finally:
            path.unlink(missing_ok=True)
        found = engine.stored(image.digest)
        if found is not None and not found.tags:
            return found
        self._undo(engine, names, before)
        self._ledger.forget(image.digest)
        raise ImageUnavailableError(
            f"the archive holds {', '.join(names) or 'nothing'} in place of {image.digest} alone"
        )

    @staticmethod
    def _undo(engine: Engine, names: tuple[str, ...], before: frozenset[str]) -> None:
        """Remove what an archive brought that was not there before."""
        for name in names:
            found = engine.stored(name)
            if found is not None and found.id not in before:
                engine.remove_image(found.id, force=True)

    def _remove_archives(self, *, but: Path | None = None) -> None:
        for path in self._archives.iterdir():
            if path != but:
                path.unlink()


@contextlib.contextmanager
def _connected(wait: Callable[[float], object]) -> Iterator[Engine]:
    """Yield an engine; one that is just being restarted is waited for."""
    from evaluator.container.engine import Engine

    for pause in RECONNECTING:
        try:
            engine = Engine.connect(timeout=LOAD_TIMEOUT)
            break
        except EngineUnavailableError as error:
            logger.warning("%s", error)
            wait(pause)
    else:
        engine = Engine.connect(timeout=LOAD_TIMEOUT)
    with contextlib.closing(engine):
        yield engine


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]
