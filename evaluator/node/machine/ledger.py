"""The images that this node has loaded, with the times of their use: a file written atomically."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

logger = logging.getLogger(__name__)

FORMAT = 1
UNREADABLE = "%s can't be read: images that this node loaded before will not be removed by it"


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """An image that this node has loaded, or was about to when it was killed."""

    size: int  # bytes, unpacked
    used: float  # seconds since 1970


class Ledger:
    """The images that this node may remove; all others belong to the machine's owner.

    An image is noted before it is loaded, so that it is not forgotten whatever happens.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, LoadedImage] = {}  # stays empty if the file is missing or damaged
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            self._kept = {
                str(id): LoadedImage(int(image["size"]), float(image["used"]))
                for id, image in value["images"].items()
            }
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            logger.warning(UNREADABLE, path)

    @property
    def kept(self) -> Mapping[str, LoadedImage]:
        """Images by their ids, the oldest use first."""
        return MappingProxyType(dict(sorted(self._kept.items(), key=lambda item: item[1].used)))

    def note(self, id: str, size: int) -> None:
        """Note an image as used just now."""
        self._kept[id] = LoadedImage(size, time.time())
        self._write()

    def forget(self, id: str) -> None:
        """Drop an image that is not here any more, or not ours."""
        if self._kept.pop(id, None):
            self._write()

    def _write(self) -> None:
        images = {
            id: {"size": loaded.size, "used": loaded.used} for id, loaded in self._kept.items()
        }
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, "images": images}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
