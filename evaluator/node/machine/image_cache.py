"""The images of runs: fetched once each, known by their digests, the oldest removed first."""

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
    read_pieces,
    require_space,
)
from evaluator.node.protocol.client import Platform
from evaluator.node.protocol.run_assignment import ImageSource

if TYPE_CHECKING:
    from evaluator.container.engine import Engine, Stored

logger = logging.getLogger(__name__)

LOAD_TIMEOUT = 900  # seconds of silence: the engine says nothing while it loads a large layer
RECONNECTING = (1, 2, 4)  # seconds before each further try to reach the engine


class ImageCache:
    """The images that this node has loaded into its engine; `folder` belongs to this node."""

    def __init__(self, platform: Platform, folder: Path, budget: int) -> None:
        self._platform = platform
        self._budget = budget  # bytes
        self._archives = folder / "archives"
        self._archives.mkdir(exist_ok=True)
        self._remove_archives()
        self._ledger = Ledger(folder / "images.json")
        self._missed: ImageSource | None = None  # the last image whose archive has not come
        self.room_needed = 0  # bytes of the last archive, if it has not come

    def fetch(
        self,
        image: ImageSource,
        *,
        check: Callable[[], object],
        wait: Callable[[float], object],
    ) -> None:
        """Make the engine have this image. The exceptions of `check` end the work; `wait` waits.

        Raises ImageUnavailableError if the image can't be fetched or loaded, another EngineError if
        the engine fails, FenceRefusedError or TokenRefusedError if the run is not ours.
        """
        with _connect(wait) as engine:
            stored = engine.stored(image.digest)
            if stored is None:
                path = self._bring_archive(engine, image, check, wait)
                stored = self._load(engine, image, path, check)
                self._ledger.note(stored.id, stored.size)
            elif stored.id in self._ledger.kept:
                self._ledger.note(stored.id, stored.size)

    def try_again(self, *, check: Callable[[], object], wait: Callable[[float], object]) -> None:
        """Fetch the last archive if it has not come, so that the next run has it.

        A machine that can't do this is not fit, even if it runs the images that it has. `check`
        and `wait` as for `fetch`. Raises ImageUnavailableError and other EngineErrors with the
        reason.
        """
        if self._missed is None:
            return
        try:
            with _connect(wait) as engine:
                self._bring_archive(engine, self._missed, check, wait)
        except (WrongArchiveError, GoneError) as error:  # nothing is wrong with the way to it
            logger.warning("%s", error)
            self._missed = None

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
            present = path.stat().st_size if path.exists() else 0
            require_space(self._archives, image.size - present)
            download(self._platform, image, path, check=check, wait=wait)
            self._missed, self.room_needed = None, 0
            return path
        except OSError as error:
            reason = f"NODE_STATE_DIR can't take the archive: {error.strerror}"
            raise ImageUnavailableError(reason) from error

    def _make_room(self, engine: Engine, image: ImageSource) -> None:
        """Remove the images with the oldest use until this image fits the budget."""
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
            stored = engine.stored(id)
            if stored is not None and stored.tags:
                # This node's images have no names: somebody uses this image for another purpose.
                self._ledger.forget(id)
            elif engine.remove_image(id):
                logger.info("image %s was removed to make room", _short(id))
                self._ledger.forget(id)
            else:
                logger.warning("image %s stays: a container that is not ours uses it", _short(id))
        if not self._fits(image):
            raise ImageUnavailableError("NODE_IMAGE_BUDGET is full of images in use")

    def _fits(self, image: ImageSource) -> bool:
        taken = sum(loaded.size for loaded in self._ledger.kept.values())
        return taken + image.unpacked <= self._budget

    def _load(
        self, engine: Engine, image: ImageSource, path: Path, check: Callable[[], object]
    ) -> Stored:
        before = engine.images()
        self._ledger.note(image.digest, image.unpacked)
        try:
            with path.open("rb") as file:
                names = engine.load(read_pieces(file), check=check)
        except EngineError as error:
            engine.images()  # raises if it is the engine that is in trouble, not the archive
            raise ImageUnavailableError(
                f"the archive can't be loaded: {error}", step=error.step
            ) from error
        finally:
            path.unlink(missing_ok=True)
        stored = engine.stored(image.digest)
        if stored is not None and not stored.tags:
            return stored
        for name in names:  # remove what the archive brought instead
            other = engine.stored(name)
            if other is not None and other.id not in before:
                engine.remove_image(other.id, force=True)
        self._ledger.forget(image.digest)
        raise ImageUnavailableError(
            f"the archive holds {', '.join(names) or 'nothing'} in place of {image.digest} alone"
        )

    def _remove_archives(self, *, but: Path | None = None) -> None:
        for path in self._archives.iterdir():
            if path != but:
                path.unlink()


@contextlib.contextmanager
def _connect(wait: Callable[[float], object]) -> Iterator[Engine]:
    """Yield an engine; wait for an engine that is being restarted."""
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


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]
