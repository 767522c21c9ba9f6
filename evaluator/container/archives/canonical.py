"""One image as one archive, the same bytes whoever saved it: what a node gets to load."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from evaluator.container.archives.tar import BLOCK, END, padded

MODE = 0o644


class CanonicalArchive:
    """Writes such an archive to a seekable file.

    Only the configuration survives as it was, since the image's id is its digest. There are no
    names: `docker load` of 20.10 and newer gives the image its id alone. Layers are not
    compressed: else the same image would have other bytes from each program.
    """

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def begin(self, image_id: str, config: bytes, diff_ids: Sequence[str]) -> None:
        """Write all but the layers."""
        configuration = f"{_hex(image_id)}.json"
        layers = [_layer_name(diff_id) for diff_id in diff_ids]
        manifest = [{"Config": configuration, "RepoTags": None, "Layers": layers}]
        self._file("manifest.json", json.dumps(manifest).encode())
        self._file(configuration, config)

    @contextmanager
    def layer(self, diff_id: str) -> Iterator[Callable[[bytes], object]]:
        """Give a function that writes the next piece of this layer."""
        start = self._target.tell()
        self._target.write(END)  # its header's place: the size is known at the end
        yield self._target.write
        end = self._target.tell()
        size = end - start - BLOCK
        self._target.seek(start)
        self._target.write(_header(_layer_name(diff_id), size))
        self._target.seek(end)
        self._target.write(bytes(padded(size) - size))

    def end(self) -> None:
        """Write the archive's end."""
        self._target.write(END + END)

    def _file(self, name: str, data: bytes) -> None:
        self._target.write(_header(name, len(data)) + data)
        self._target.write(bytes(padded(len(data)) - len(data)))


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, MODE
    return member.tobuf(tarfile.GNU_FORMAT)  # a single block for every size


def _layer_name(diff_id: str) -> str:
    return f"{_hex(diff_id)}.tar"


def _hex(digest: str) -> str:
    return digest.partition(":")[2]
