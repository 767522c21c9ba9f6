"""An image's documents and layers as one file in the OCI layout, as they come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO

from evaluator.container.archives.canonical import header
from evaluator.container.archives.tar import END, padded

LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


class OciArchive:
    """Writes such an archive from its start to its end."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def begin(self, manifest: str, size: int) -> None:
        """Write what leads to the image with this manifest."""
        index = {"schemaVersion": 2, "manifests": [{"digest": manifest, "size": size}]}
        for name, data in (("oci-layout", LAYOUT), ("index.json", json.dumps(index).encode())):
            self._file(name, len(data), [data])

    def blob(self, digest: str, size: int, pieces: Iterable[bytes]) -> None:
        """Write a document or a layer; the pieces have to be `size` bytes."""
        self._file(f"blobs/{digest.replace(':', '/')}", size, pieces)

    def end(self) -> None:
        """Write the archive's end."""
        self._target.write(END + END)

    def _file(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        self._target.write(header(name, size))
        for piece in pieces:
            self._target.write(piece)
        self._target.write(bytes(padded(size) - size))
