"""What every service has: a process of its own, an address, the end of its log when it fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

START_TIMEOUT = 60  # seconds until a service has to answer
STOP_TIMEOUT = 20  # seconds between asking a service to stop and killing it
LOG_TAIL = 20  # lines
_HOLDERS: list[socket.socket] = []  # of ports


class ServiceError(Exception):
    """A service can't be had or did not start; the text says what to do."""


class Service(ABC):
    """One service: what it needs, how it starts, where the tests find it."""

    name: str
    variable: str  # the environment variable that carries its address
    packages: tuple[str, ...]  # Debian's
    needs = ""  # beside its packages, in words
    is_started_by_tests = False  # only looked for; a fixture starts one where it is needed
    may_be_unknown = False  # to the distribution: then its tests are skipped; in CI they fail

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.log = Path(os.devnull)

    @abstractmethod
    def is_installed(self) -> bool:
        """Whether everything is there to start it."""

    @abstractmethod
    def start(self, folder: Path) -> str:
        """Start it with its files in `folder`; return its address once it answers."""

    def stop(self) -> None:
        """Stop what `start` started, by its process id."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # PostgreSQL: disconnect all and stop
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def launch(
        self,
        command: list[str],
        folder: Path,
        user: str | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start a daemon in a session of its own, so that Ctrl-C reaches the command alone."""
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_user(user),
            )

    def wait(self, answers: Callable[[], bool]) -> None:
        """Wait until it answers; raise with the end of its log when it doesn't."""
        assert self.process is not None
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise self.error(f"ended with status {self.process.returncode}")
            if answers():
                return
            time.sleep(0.1)
        raise self.error(f"does not answer after {START_TIMEOUT} s")

    def error(self, problem: str) -> ServiceError:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
        return ServiceError("\n    ".join([f"{self.name} {problem}. The end of its log:", *lines]))


def free_port() -> int:
    """Return a port on loopback that nobody else is given while this process lives.

    It stays taken, by a socket that does not listen: who listens on purpose, with SO_REUSEADDR or
    SO_REUSEPORT as servers do, may; another search for a free port passes it over.
    """
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    if sys.platform == "linux":  # elsewhere nobody could listen: the port is only likely to be free
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _HOLDERS.append(holder)
    else:
        holder.close()
    return port


def as_user(user: str | None) -> dict[str, object]:
    return {"user": user, "group": user, "extra_groups": []} if user else {}


def say(text: str) -> None:
    """Tell the person; not on the command's standard output."""
    print(f"services: {text}", file=sys.stderr, flush=True)
