"""Systems as archives of container images, which teams upload; nothing of them stays behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, give_up
from tests.containers import Images

BUILT_WITHIN = 300  # seconds
PACED = """\
FROM {base}
ENTRYPOINT ["sh", "-c", "while IFS= read -r line; do printf '%s\\\\n' \\"$line\\"; sleep {pause}; \
done | python3 /system/translate.py"]
"""


@pytest.fixture(scope="session")
def archive_of(
    session_images: Images, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Path]]:
    """Return a function that saves an image of a shell script; it is not in the engine then."""
    folder = tmp_path_factory.mktemp("systems")
    made: set[str] = set()

    def save(script: str, *changes: str) -> Path:
        digest, archive = session_images.archive(script, *changes)
        made.add(digest)
        path = folder / f"{digest[-12:]}.tar"
        path.write_bytes(archive)
        return path

    yield save
    for digest in made & session_images.ids():  # what nodes have loaded
        session_images.client.remove_image(digest, force=True)


@pytest.fixture(scope="session")
def dictionary_archive(
    session_images: Images,
    engine_address: str,
    python_base: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """The dictionary baseline as `docker save` writes it, which waits a little for each line."""
    folder = tmp_path_factory.mktemp("dictionary")
    (folder / "Dockerfile").write_text(PACED.format(base="e2e-dictionary", pause=0.2))
    _build(engine_address, "e2e-dictionary", ROOT / "docker/baselines/dictionary", python_base)
    _build(engine_address, "e2e-paced-dictionary", folder, python_base)
    path = folder / "dictionary.tar"
    path.write_bytes(session_images.save("e2e-paced-dictionary"))
    digest = session_images.client.inspect_image("e2e-paced-dictionary")["Id"]
    for name in ("e2e-paced-dictionary", "e2e-dictionary"):
        session_images.client.remove_image(name, force=True)
    yield path
    if digest in session_images.ids():
        session_images.client.remove_image(digest, force=True)


def _build(engine: str, name: str, context: Path, base: str) -> None:
    if shutil.which("docker") is None:
        give_up("needs the docker command")
    subprocess.run(
        [
            "docker",
            "build",
            "--network",
            "none",
            "--build-arg",
            f"BASE={base}",
            "-t",
            name,
            context,
        ],
        env=os.environ | {"DOCKER_HOST": engine, "DOCKER_BUILDKIT": "0"},
        check=True,
        capture_output=True,
        timeout=BUILT_WITHIN,
    )
