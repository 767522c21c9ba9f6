"""A container that does nothing, under every flag of a run: does the engine really start one?"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
from collections.abc import Sequence

from evaluator import container
from evaluator.container import MB, EngineError, Limits, Outcome, Setting, SystemInput
from evaluator.node.machine import IMAGE_STORE

LIMITS = Limits(wall_time=60, memory=512 * MB, tmp=16 * MB, shared_memory=16 * MB)
SEGMENT = SystemInput("1", "", (), "")
# The engine's own init process, which it mounts into every container: the image may be empty.
COMMAND = ["/sbin/docker-init", "--version"]


def probe(runtime: str | None = None, gpus: Sequence[str] = ()) -> str | None:
    """Start a container; return why that failed, None if it worked.

    Raises EngineError if the engine does not take the image.
    """
    digest, archive = _image()
    from evaluator.container.engine import Engine

    with contextlib.closing(Engine.connect()) as engine:
        was_there = engine.stored(digest) is not None
        names = engine.load([archive])
        try:
            if engine.stored(digest) is None:
                raise EngineError(IMAGE_STORE)
            found = container.run(
                digest, [SEGMENT], Setting("en", "de", "none"), LIMITS, runtime=runtime, gpus=gpus
            )
        finally:
            if not was_there:
                for name in names:
                    engine.remove_image(name, force=True)
    # It prints its version, which is no translation: so it has run.
    return None if found.outcome is Outcome.BAD_OUTPUT else f"{found.outcome}: {_why(found)}"


def _why(found: container.RunResult) -> str:
    return found.detail or found.message


def _image() -> tuple[str, bytes]:
    """Return an image of one empty layer: its digest, and an archive of it."""
    layer = _tar({})
    layer_digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": COMMAND},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{layer_digest}"],
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


def _tar(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()
