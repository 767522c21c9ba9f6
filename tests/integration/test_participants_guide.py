"""The participants' guide works as written, on the evaluator alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import give_up
from tests.containers import Images

FORBIDDEN = {"django", "celery", "docker", "psycopg", "kombu"}


def test_its_commands_do_what_it_says(root: Path, tmp_path: Path) -> None:
    guide = (root / "docs" / "participants.md").read_text()
    scripts = [
        block
        for block in re.findall(r"```sh\n(.*?)```", guide, flags=re.DOTALL)
        if "terminarium validate" in block
    ]
    assert len(scripts) == 2  # a file, and a whole submission
    edition = root / "tests" / "data" / "wmt26_shaped"
    shutil.copytree(edition / "submissions", tmp_path / "my-submission")
    (tmp_path / "released").mkdir()
    for kind in ("text", "terms"):
        for file in edition.glob(f"{kind}.*"):
            shutil.copy(file, tmp_path / "released")

    done = subprocess.run(
        [
            "bash",
            "-euc",
            "".join(scripts).replace("terminarium ", f"{sys.executable} -m evaluator "),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "fits the test set (3 segments)" in done.stdout
    assert "The submission is complete: 6 files." in done.stdout
    assert re.search(r"^ours\.en-fr\.txt .* 66\.7 ", done.stdout, flags=re.MULTILINE)
    assert '<term target=\\"comprimé\\">tablet</term>' in done.stdout


def test_its_system_from_nothing_runs_in_a_container(
    root: Path, tmp_path: Path, engine_address: str, images: Images, python_base: str
) -> None:
    if shutil.which("docker") is None:
        give_up("needs the docker command")
    guide = (root / "docs" / "participants.md").read_text()
    [script] = [
        block
        for block in re.findall(r"```sh\n(.*?)```", guide, flags=re.DOTALL)
        if "terminarium run" in block
    ]
    assert len(script.splitlines()) == 10
    script = script.replace("python:3.12-slim", python_base).replace(
        "terminarium ", f"{sys.executable} -m evaluator "
    )

    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(root), "DOCKER_HOST": engine_address, "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    images.keep_track_of("my-system")
    assert "ok: All 5 segments have a translation." in done.stderr
    assert done.stdout.count('"translation": ') == 5


def test_the_evaluator_loads_nothing_of_the_platform(root: Path) -> None:
    script = "import sys, evaluator.cli; print(' '.join({m.split('.')[0] for m in sys.modules}))"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert not FORBIDDEN & set(done.stdout.split())


@pytest.mark.slow
def test_the_wheel_holds_the_evaluator_alone(root: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        check=True,
        capture_output=True,
        timeout=120,
    )

    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith("/METADATA")]
        described = archive.read(metadata).decode()
    assert {name.split("/")[0] for name in names} == {"evaluator", metadata.split("/")[0]}
    required = [
        line.lower()
        for line in described.splitlines()
        if line.startswith("Requires-Dist:") and "extra ==" not in line
    ]
    assert required
    assert not any(name in line for name in FORBIDDEN for line in required)
