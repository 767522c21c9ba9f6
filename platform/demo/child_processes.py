"""The demo's server, worker and sweeper: started, watched, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
STOP_WITHIN = 3  # seconds; an idle worker on the embedded broker takes 7 to notice
ANSWER_WITHIN = 60  # seconds until the server has to answer
PORTS_TRIED = 50
LOG_TAIL = 2000  # characters


class ChildFailed(Exception):
    """A process ended by itself."""


def free_port(wanted: int) -> int:
    """Return the wanted port, or the next free port above it."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ChildFailed(f"No port from {wanted} to {wanted + PORTS_TRIED - 1} is free; name another.")


class RunningProcess(Protocol):
    """What is asked of a running process; `subprocess.Popen` is the usual kind."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...


class Children:
    """The running processes by name, each with a log file of its own."""

    def __init__(self, logs: Path, environment: Mapping[str, str] | None = None) -> None:
        self._logs = logs
        self._environment = environment  # None: this process's own
        self._running: dict[str, RunningProcess] = {}

    def start(self, name: str, *arguments: str) -> None:
        """Start `python -m ARGUMENTS`."""
        self._running[name] = self._spawn(arguments, self._log(name))

    def _spawn(self, arguments: Sequence[str], log: Path) -> RunningProcess:
        with log.open("wb") as stream:
            # A session of its own: Ctrl-C reaches only this process, which then ends its children.
            return subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise ChildFailed, with the end of the log, if a process has ended by itself."""
        for name, process in self._running.items():
            if (status := process.poll()) is not None:
                tail = self._log(name).read_text(errors="replace")[-LOG_TAIL:]
                raise ChildFailed(f"The {name} ended with status {status}. Its log:\n{tail}")

    def has_ended(self, name: str) -> bool:
        """Return whether a process has ended by itself."""
        return self._running[name].poll() is not None

    def pid(self, name: str) -> int:
        """Return a process's id."""
        return self._running[name].pid

    def end(self, name: str, *, within: float = STOP_WITHIN) -> int:
        """Ask a process to end; return its exit status."""
        process = self._running.pop(name)
        process.terminate()
        return process.wait(within)

    def kill(self, name: str) -> None:
        """End a process and all its own children at once, as a power cut would."""
        process = self._running.pop(name)
        with suppress(ProcessLookupError):  # it has already ended, with all its children
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Ask all processes to end, then kill those that still run."""
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


@contextmanager
def running(logs: Path, *, port: int) -> Iterator[Children]:
    """Run server, worker and sweeper; end them in any case."""
    logs.mkdir(parents=True, exist_ok=True)
    children = Children(logs)
    try:
        children.start("sweeper", "django", "sweep")
        children.start(
            "worker", "celery", "-A", "config", "worker", "-c", "2", "-X", "ranges", "-l", "INFO"
        )
        # A process of its own, so that ranges hold up no score.
        children.start(
            "ranges worker",
            "celery",
            "-A",
            "config",
            "worker",
            "-Q",
            "ranges",
            "-P",
            "solo",
            "-n",
            "ranges@%h",
            "-l",
            "INFO",
        )
        children.start("server", "config.serve", "--bind", f"{HOST}:{port}")
        wait_for_answer(children, port)
        yield children
    finally:
        children.stop()


def wait_for_answer(children: Children, port: int) -> None:
    deadline = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < deadline:
        children.check()
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ChildFailed(f"The server did not answer within {ANSWER_WITHIN} seconds.")
