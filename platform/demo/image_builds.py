"""The demo's baselines as archives of images: built by `make images`, saved as a team would."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from demo.child_processes import ROOT
from evaluator.container import EngineError

PULL_WITHIN = 90  # seconds for the base image, which is some 50 MB
BUILD_WITHIN = 120  # seconds for an image, and the same to save it
BUILD_GRACE = 10  # seconds to finish a build when we end: a build cut off leaves layers
LOOK = 0.1  # seconds between two looks at a command
# If make called us, its options must not reach the make that we call.
CALLING_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")


class BuildFailed(Exception):
    """The baselines cannot be built; the text says why and what would help."""


class Builder:
    """Builds the baselines in a thread of its own, so that the demo goes on meanwhile."""

    def __init__(self, engine: str, base: str, names: tuple[str, ...], folder: Path) -> None:
        self.ready: dict[str, Path] = {}  # archives by the baselines' names, in their order
        self.failure = ""  # why no more will be ready
        self.made: list[str] = []  # names of images in the engine that have to be removed
        self._base = base
        self._names = names
        self._folder = folder
        # Names that only this demo uses: images of the same baselines from before stay.
        self._prefix = f"terminarium-demo-{secrets.token_hex(4)}-"
        self._engine = engine
        self._stopped_at = float("inf")  # time.monotonic()
        self._thread = threading.Thread(target=self._work, name="builder")

    def start(self) -> None:
        """Begin."""
        self._folder.mkdir()
        self._thread.start()

    def stop(self) -> None:
        """End it; return once nothing of it runs."""
        self._stopped_at = time.monotonic()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to be ready."""
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            self._get_base()
            for name in self._names:
                self._build(name)
        except BuildFailed as error:
            self.failure = str(error)
        except OSError as error:  # a full disk, for instance
            self.failure = f"The baselines can't be saved: {error.strerror or error}."

    def _get_base(self) -> None:
        from evaluator.container.engine import Engine

        try:
            with contextlib.closing(Engine.connect(self._engine)) as engine:
                is_there = engine.stored(self._base) is not None
        except EngineError as error:
            raise BuildFailed(f"The baselines can't be built: {error}") from error
        if is_there:
            return
        try:
            self._run("docker", "pull", "--quiet", self._base, within=PULL_WITHIN)
        except BuildFailed as error:
            raise BuildFailed(
                f"The base image {self._base} is not in the engine and can't be pulled ({error}). "
                "Name another one with Python 3: make demo BASE=my-python"
            ) from error
        self.made.append(self._base)

    def _build(self, name: str) -> None:
        image, path = f"{self._prefix}{name}", self._folder / f"{name}.tar"
        variables = (f"BASE={self._base}", f"BASELINES={name}", f"TAG_PREFIX={self._prefix}")
        self.made.append(image)
        try:
            self._run("make", "images", *variables, within=BUILD_WITHIN, grace=BUILD_GRACE)
            self._run("docker", "save", "--output", str(path), image, within=BUILD_WITHIN)
            # The node has to fetch it, as it would on another machine.
            self._run("docker", "image", "rm", image, within=BUILD_WITHIN)
        except BuildFailed as error:
            raise BuildFailed(f"The baseline {name} can't be built ({error}).") from error
        self.ready[name] = path

    def _run(self, *command: str, within: float, grace: float = 0) -> None:
        """Run a command to its end; raises BuildFailed with its last line."""
        if time.monotonic() >= self._stopped_at:
            raise BuildFailed("the demo has ended")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_make_environment(self._engine),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches only the demo
        )
        output = self._read_output(process, time.monotonic() + within, grace)
        if output is None:
            raise BuildFailed(f"{command[0]} was not done in {within:.0f} s")
        if process.returncode:
            last = output.strip().splitlines()[-1:] or [f"status {process.returncode}"]
            raise BuildFailed(last[0])

    def _read_output(
        self, process: subprocess.Popen[str], deadline: float, grace: float
    ) -> str | None:
        """Return what a process printed, None if its time was up and it was killed."""
        while True:
            try:
                return process.communicate(timeout=LOOK)[0]
            except subprocess.TimeoutExpired:
                if time.monotonic() < min(deadline, self._stopped_at + grace):
                    continue
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None


def find_missing_command() -> str:
    """Return a command that a build needs and that is missing; "" if none is."""
    return next((name for name in ("docker", "make") if shutil.which(name) is None), "")


def _make_environment(engine: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in CALLING_MAKE}
    # The engine's own builder knows the engine's images and leaves nothing in another cache.
    return kept | {"DOCKER_HOST": engine, "DOCKER_BUILDKIT": "0"}
