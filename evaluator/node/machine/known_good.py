"""The known good image: a static program of 158 bytes that runs wherever a system can run.

It needs no registry and nothing of the machine. A step that fails with it fails with every image,
so it tells a fault of the machine from a fault of the image.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import struct
import tarfile
from collections.abc import Mapping

from evaluator.container.orphans import PROOF

# known_good.s, assembled: linux/amd64, wherever it is loaded to.
CODE = bytes.fromhex(
    "4881ec0020000031db31c031ff488d341cba0020000029da0f0585c07e0401c3ebe748b8"
    "22736f75726365224889e54c8d641cf84c39e5773f48394500740548ffc5ebf04889e648"
    "89ea4829e2e832000000488d3538000000ba0d000000e821000000488d7508498d542408"
    "4829f2e81000000031ffeb05bf01000000b83c0000000f05b801000000bf010000000f05"
    "c3227472616e736c6174696f6e22"
)
ADDRESS = 0x400000  # where the program is loaded to, as is usual
FILE_HEADER = "<16sHHIQQQIHHHHHH"  # Elf64_Ehdr of elf(5)
SEGMENT_HEADER = "<IIQQQQQQ"  # Elf64_Phdr
EXECUTABLE, AMD64, LOADED, READ_AND_EXECUTE, PAGE = 2, 62, 1, 5, 0x1000

NAME = "translate"
# The settings of most images, so that the proof uses every flag of a run.
CONFIG: Mapping[str, object] = {
    "Entrypoint": [f"/{NAME}"],
    "WorkingDir": "/",
    "Env": ["PATH=/", "LD_PRELOAD=", "NVIDIA_VISIBLE_DEVICES=all"],
    "Volumes": {"/data": {}},
}


def program() -> bytes:
    """Return the program as an ELF file."""
    start = struct.calcsize(FILE_HEADER) + struct.calcsize(SEGMENT_HEADER)
    size = start + len(CODE)
    identity = b"\x7fELF\x02\x01\x01"  # 64 bits, little-endian, version 1; zeros follow
    own, segment_size = struct.calcsize(FILE_HEADER), struct.calcsize(SEGMENT_HEADER)
    file = struct.pack(
        FILE_HEADER, identity, EXECUTABLE, AMD64, 1, ADDRESS + start, own, 0, 0, own, segment_size,
        1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack(
        SEGMENT_HEADER, LOADED, READ_AND_EXECUTE, 0, ADDRESS, ADDRESS, size, size, PAGE
    )
    return file + segment + CODE


def archive(labels: Mapping[str, str]) -> tuple[str, bytes]:
    """Return an image of the program: its digest, and an archive for `docker load`.

    The labels name its owner. Each call makes another image, so that several nodes of an engine
    can load and remove their own.
    """
    layer = _tar({NAME: program()}, mode=0o755)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {**CONFIG, "Labels": {**labels, PROOF: secrets.token_hex(16)}},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"],
            },
        }
    ).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": None, "Layers": ["layer.tar"]}]
    files = {
        "manifest.json": json.dumps(manifest).encode(),
        f"{digest}.json": config,
        "layer.tar": layer,
    }
    return f"sha256:{digest}", _tar(files)


def _tar(files: Mapping[str, bytes], *, mode: int = 0o644) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()
