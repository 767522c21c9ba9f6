"""The evaluator as a wheel, so that participants can check files on their own machines."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings

BUILD_TIMEOUT = 300  # seconds


class BuildError(Exception):
    """The wheel could not be built; the text says why."""


def locate_folder() -> Path:
    """Return the folder of the wheel."""
    return Path(settings.STATE_DIR) / "evaluator"


def find_wheel() -> Path | None:
    """Return the newest wheel, None if none has been built."""
    wheels = locate_folder().glob("terminarium-*.whl")
    return max(wheels, key=lambda path: path.stat().st_mtime_ns, default=None)


def build() -> Path:
    """Build the wheel from this checkout and remove earlier wheels; raises BuildError."""
    locate_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=locate_folder()) as workshop:
        [built] = _run_hatchling(Path(workshop))
        # Moved when it is complete: a download never gets half a wheel.
        target = shutil.move(built, locate_folder() / built.name)
    for other in locate_folder().glob("*.whl"):
        if other != target:
            other.unlink()
    return Path(target)


def _run_hatchling(target: Path) -> list[Path]:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    try:
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=BUILD_TIMEOUT
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"hatchling did not end within {BUILD_TIMEOUT} seconds.") from error
    if done.returncode:
        raise BuildError(done.stderr.strip() or f"hatchling ended with {done.returncode}.")
    return list(target.glob("*.whl"))
