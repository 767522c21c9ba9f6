"""Run a command with the real services that the tests need, and stop them afterwards.

    python tests/services.py -- python -m pytest

Each service is the test's own: a port of its own on loopback, its files in one temporary
folder. The command finds them through TERMINARIUM_TEST_… variables; one that is set already is
left as it is, and nothing is started for it. As root on Debian, missing packages are installed.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

START_TIMEOUT = 60  # seconds until a service has to answer
STOP_TIMEOUT = 20  # seconds between asking a service to stop and killing it
COMMAND_STOP_TIMEOUT = 30  # seconds the command may tidy up after a signal
INSTALL_TIMEOUT = 1200  # seconds; a browser and its fonts are some 200 MB
START_ATTEMPTS = 2  # another program may take the free port before we do
LOG_TAIL = 20  # lines

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
DEBIAN_POLICY = Path("/usr/sbin/policy-rc.d")


class ServiceError(Exception):
    """A service can't be had or did not start; the text says what to do."""


class Service:
    """One service: what it needs, how it starts, where the tests find it."""

    name: str
    variable: str  # the environment variable that carries its address
    packages: tuple[str, ...]  # Debian's

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.log = Path(os.devnull)

    def is_installed(self) -> bool:
        """Whether everything is there to start it."""
        raise NotImplementedError

    def start(self, folder: Path) -> str:
        """Start it with its files in `folder`; return its address once it answers."""
        raise NotImplementedError

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

    def _launch(self, command: list[str], folder: Path, user: str | None = None) -> None:
        """Start a daemon in a session of its own, so that Ctrl-C reaches the command alone."""
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_user(user),
            )

    def _wait(self, answers: Callable[[], bool]) -> None:
        """Wait until it answers; raise with the end of its log when it doesn't."""
        assert self.process is not None
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise self._error(f"ended with status {self.process.returncode}")
            if answers():
                return
            time.sleep(0.1)
        raise self._error(f"does not answer after {START_TIMEOUT} s")

    def _error(self, problem: str) -> ServiceError:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
        return ServiceError("\n    ".join([f"{self.name} {problem}. The end of its log:", *lines]))


class PostgreSQL(Service):
    """A cluster of its own; nothing of it is worth a disk flush."""

    name = "postgresql"
    variable = "TERMINARIUM_TEST_DATABASE_URL"
    packages = ("postgresql",)
    role = "terminarium"

    def is_installed(self) -> bool:
        return self._folder_of_programs() is not None

    def start(self, folder: Path) -> str:
        programs = self._folder_of_programs()
        assert programs is not None
        # It refuses to run as root; Debian's package brings this user.
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        self._run(
            [
                str(programs / "initdb"),
                f"--pgdata={folder / 'cluster'}",
                f"--username={self.role}",
                "--auth=trust",
                "--encoding=UTF8",
                f"--locale={locale}",
                "--no-sync",
            ],
            folder,
            user,
        )
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self._launch(
            [str(programs / "postgres"), "-D", str(folder / "cluster"), *options], folder, user
        )
        where = ["--host=127.0.0.1", f"--port={port}"]
        ready = [str(programs / "pg_isready"), "--quiet", *where]
        self._wait(lambda: subprocess.run(ready, timeout=START_TIMEOUT).returncode == 0)
        created = [str(programs / "createdb"), *where, f"--username={self.role}", self.role]
        self._run(created, folder, user)
        return f"postgresql://{self.role}@127.0.0.1:{port}/{self.role}"

    def _run(self, command: list[str], folder: Path, user: str | None) -> None:
        self.log = folder / "log"
        with self.log.open("ab") as log:
            status = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=START_TIMEOUT,
                start_new_session=True,
                **_as_user(user),
            ).returncode
        if status:
            raise self._error(f"failed: {Path(command[0]).name} ended with status {status}")

    @staticmethod
    def _folder_of_programs() -> Path | None:
        """Return the newest version's folder; Debian keeps it off the PATH."""
        folders = sorted(
            Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(3)
        )
        on_path = shutil.which("initdb")
        folders = ([Path(on_path).resolve().parent] if on_path else []) + folders
        whole = [folder for folder in folders if (folder / "postgres").exists()]
        return whole[-1] if whole else None


class Redis(Service):
    """A broker without memory of the last run."""

    name = "redis"
    variable = "TERMINARIUM_TEST_REDIS_URL"
    packages = ("redis-server",)

    def is_installed(self) -> bool:
        return shutil.which("redis-server") is not None

    def start(self, folder: Path) -> str:
        port = free_port()
        options = f"--port {port} --bind 127.0.0.1 --save '' --appendonly no --daemonize no"
        self._launch(["redis-server", *shlex.split(options), "--dir", str(folder)], folder)
        self._wait(lambda: self._answers(port))
        return f"redis://127.0.0.1:{port}/0"

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


class Chromium(Service):
    """The browser is only found: each test starts its own."""

    name = "chromium"
    variable = "TERMINARIUM_TEST_CHROMIUM"
    packages = ("chromium", "fonts-noto-cjk")
    programs = ("chromium", "chromium-browser", "google-chrome")

    def is_installed(self) -> bool:
        return self._program() is not None and self._has_fonts()

    def start(self, folder: Path) -> str:
        program = self._program()
        assert program is not None
        return program

    def _program(self) -> str | None:
        return next(filter(None, map(shutil.which, self.programs)), None)

    @staticmethod
    def _has_fonts() -> bool:
        """Whether Han and Hangul show as letters; taken as given where fontconfig is not."""
        if shutil.which("fc-list") is None:
            return True
        return all(
            subprocess.run(["fc-list", f":lang={lang}"], capture_output=True, check=False).stdout
            for lang in ("ko", "zh-cn")
        )


SERVICES: tuple[type[Service], ...] = (PostgreSQL, Redis, Chromium)


def free_port() -> int:
    """Return a port on loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_user(user: str | None) -> dict[str, object]:
    return {"user": user, "group": user, "extra_groups": []} if user else {}


def say(text: str) -> None:
    """Tell the person; not on the command's standard output."""
    print(f"services: {text}", file=sys.stderr, flush=True)


# Installing -----------------------------------------------------------------------------


def ensure(services: list[Service]) -> list[Service]:
    """Install what is missing if we may; return those that can be started."""
    missing = [service for service in services if not service.is_installed()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install([package for service in missing for package in service.packages])
        missing = [service for service in services if not service.is_installed()]
    if missing:
        names = ", ".join(service.name for service in missing)
        packages = " ".join(package for service in missing for package in service.packages)
        text = (
            f"missing: {names}. On Debian and Ubuntu: "
            f"sudo apt-get install --no-install-recommends {packages}"
        )
        if IN_CI:
            raise ServiceError(text)
        say(f"{text}\nservices: going on without; the tests that need it are skipped")
    return [service for service in services if service not in missing]


def install(packages: list[str]) -> None:
    """Install Debian packages; their daemons stay as they are."""
    say(f"installing {' '.join(packages)}")
    patience = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with no_daemons():
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            done = subprocess.run(
                ["apt-get", "-qq", *patience, *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=INSTALL_TIMEOUT,
                check=False,
            )
            if done.returncode:
                tail = done.stdout.decode(errors="replace").splitlines()[-LOG_TAIL:]
                say("\n    ".join([f"apt-get {command[0]} failed:", *tail]))


@contextlib.contextmanager
def no_daemons() -> Iterator[None]:
    """Keep Debian from starting the daemons it installs; we start our own."""
    try:
        with DEBIAN_POLICY.open("x") as file:
            file.write("#!/bin/sh\nexit 101\n")
    except OSError:  # the machine has a policy of its own, or none can be written
        yield
        return
    try:
        DEBIAN_POLICY.chmod(0o755)
        yield
    finally:
        DEBIAN_POLICY.unlink()


# Running --------------------------------------------------------------------------------


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
            variables[service.variable] = start(service, folder)
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


def main(arguments: list[str]) -> int:
    """Run the command after `--` with the services; return its exit status."""
    if len(arguments) < 2 or arguments[0] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    command = Command()
    try:
        wanted = [service() for service in SERVICES if service.variable not in os.environ]
        with running(ensure(wanted), command.check) as variables:
            return command.run(arguments[1:], os.environ | variables)
    except ServiceError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
