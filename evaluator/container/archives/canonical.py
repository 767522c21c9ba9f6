"""Writes an image as the archive that nodes load: the same bytes whoever saved it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from evaluator.container.archives.tar import BLOCK, END, padded

MODE = 0o644


class CanonicalArchive:
    """Writes an archive to a seekable file.

    Only the configuration is kept unchanged, since the image's id is its digest. Names are left
    out: `docker load` of 20.10 and newer gives the image its id only. Layers are not compressed:
    otherwise each program would write other bytes for the same image.
    """

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def begin(self, image_id: str, config: bytes, diff_ids: Sequence[str]) -> None:
        """Write everything but the layers."""
        configuration = f"{_hex(image_id)}.json"
        layers = [_layer_name(diff_id) for diff_id in diff_ids]
        manifest = [{"Config": configuration, "RepoTags": None, "Layers": layers}]
        self._file("manifest.json", json.dumps(manifest).encode())
        self._file(configuration, config)

    @contextmanager
    def layer(self, diff_id: str, size: int | None) -> Iterator[Callable[[bytes], object]]:
        """Yield a function that writes the next piece of this layer.

        If the size is known before, everything is written in order, so that the reader can hash it
        on the way.
        """
        start = self._target.tell()
        self._target.write(END if size is None else header(_layer_name(diff_id), size))
        yield self._target.write
        end = self._target.tell()
        if size is None:
            size = end - start - BLOCK
            self._target.seek(start)
            self._target.write(header(_layer_name(diff_id), size))
            self._target.seek(end)
        self._target.write(bytes(padded(size) - size))

    def end(self) -> None:
        """Write the archive's end."""
        self._target.write(END + END)

    def _file(self, name: str, data: bytes) -> None:
        self._target.write(header(name, len(data)) + data)
        self._target.write(bytes(padded(len(data)) - len(data)))


def header(name: str, size: int) -> bytes:
    """Return a file's header: one block whatever the size, with no owner and no time."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, MODE
    return member.tobuf(tarfile.GNU_FORMAT)


def _layer_name(diff_id: str) -> str:
    return f"{_hex(diff_id)}.tar"


def _hex(digest: str) -> str:
    return digest.partition(":")[2]
