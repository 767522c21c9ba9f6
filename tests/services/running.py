"""Starting services, running the command with them, stopping them whatever happens."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.services.service import Service, ServiceError, say

COMMAND_STOP_TIMEOUT = 30  # seconds the command may tidy up after a signal
INSTALLED = "installed"  # the address of a service that tests start themselves
START_ATTEMPTS = 2  # another program may take the free port before we do


@contextlib.contextmanager
def running(services: list[Service], check: Callable[[], None]) -> Iterator[dict[str, str]]:
    """Start the services; yield their variables; stop them whatever happens.

    `check` is called before each and raises when we are to end.
    """
    folder = Path(tempfile.mkdtemp(prefix="terminarium-tests-"))
    folder.chmod(0o711)  # PostgreSQL's user has to pass through
    try:
        variables = {}
        for service in services:
            check()
            by_tests = service.is_started_by_tests
            variables[service.variable] = INSTALLED if by_tests else start(service, folder)
            say(f"{service.variable}={variables[service.variable]}")
        yield variables
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # tidying up is bounded: let it end
        for service in reversed(services):
            service.stop()
        shutil.rmtree(folder)


def start(service: Service, folder: Path) -> str:
    """Start one service, with a second attempt on another port."""
    for attempt in range(1, START_ATTEMPTS + 1):
        own = folder / f"{service.name}-{attempt}"
        own.mkdir()
        try:
            return service.start(own)
        except ServiceError as error:
            service.stop()
            if attempt == START_ATTEMPTS:
                raise
            say(f"{error}\nservices: trying {service.name} once more")
    raise AssertionError("unreachable")


class Command:
    """The command, with the signals we get passed on to it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.deadline = float("inf")
        self.signal = 0  # the last one we got
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._pass_on)

    def run(self, command: list[str], environment: dict[str, str]) -> int:
        """Run it to its end; return its exit status as a shell would."""
        self.check()
        try:
            self.process = subprocess.Popen(command, env=environment)
        except OSError as error:
            raise ServiceError(f"can't run {command[0]}: {error.strerror}") from error
        while True:
            try:
                status = self.process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if time.monotonic() > self.deadline:
                    say(f"the command did not end within {COMMAND_STOP_TIMEOUT} s: killing it")
                    self.process.kill()
            else:
                return status if status >= 0 else 128 - status

    def check(self) -> None:
        """Raise if a signal came before the command began.

        Not in the handler: that would kill initdb halfway, whose own children then write on.
        """
        if self.signal:
            raise SystemExit(128 + self.signal)

    def _pass_on(self, number: int, frame: object) -> None:
        self.signal = number
        if self.process is None:
            return
        self.deadline = min(self.deadline, time.monotonic() + COMMAND_STOP_TIMEOUT)
        # A terminal's Ctrl-C has reached the command already; twice would cut its tidying short.
        if number != signal.SIGINT or not sys.stdin.isatty():
            self.process.send_signal(number)
