"""Writes an image's documents and layers, unchanged, as a file in the OCI layout."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO

from evaluator.container.archives.canonical import header
from evaluator.container.archives.tar import END, padded

LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


class OciArchiveWriter:
    """Writes an archive in the order of its calls: begin, add_blob for each blob, finish."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def begin(self, manifest_digest: str, size: int) -> None:
        """Write the index, which leads to the manifest of this digest and size in bytes."""
        index = {"schemaVersion": 2, "manifests": [{"digest": manifest_digest, "size": size}]}
        for name, data in (("oci-layout", LAYOUT), ("index.json", json.dumps(index).encode())):
            self._add_file(name, len(data), [data])

    def add_blob(self, digest: str, size: int, pieces: Iterable[bytes]) -> None:
        """Write a document or a layer; the pieces have to be `size` bytes together."""
        self._add_file(f"blobs/{digest.replace(':', '/')}", size, pieces)

    def finish(self) -> None:
        """Write the end of the archive."""
        self._target.write(END + END)

    def _add_file(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        self._target.write(header(name, size))
        for piece in pieces:
            self._target.write(piece)
        self._target.write(bytes(padded(size) - size))
