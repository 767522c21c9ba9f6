"""The reference-free checks for participants' own machines: the evaluator as a wheel."""

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


def folder() -> Path:
    """Return where the wheel lies."""
    return Path(settings.STATE_DIR) / "evaluator"


def wheel() -> Path | None:
    """Return the wheel that is offered, None if none has been built."""
    found = sorted(folder().glob("terminarium-*.whl"), key=lambda path: path.stat().st_mtime_ns)
    return found[-1] if found else None


def build() -> Path:
    """Build the wheel from this checkout, in the place of an earlier one; raises BuildError."""
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder()) as workshop:
        [built] = _hatch(Path(workshop))
        # Moved when it is whole: a download never sees half a wheel.
        target = shutil.move(built, folder() / built.name)
    for other in folder().glob("*.whl"):
        if other != target:
            other.unlink()
    return Path(target)


def _hatch(target: Path) -> list[Path]:
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
