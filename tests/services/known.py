"""The services that tests need, but those of containers.py and middlemen.py."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from tests.services.containers import Docker, GVisor
from tests.services.installing import can_install, has_package
from tests.services.middlemen import PgBouncer, RabbitMQ
from tests.services.service import START_TIMEOUT, STOP_TIMEOUT, Service, as_user, free_port

REDIS_DATABASES = 4096  # every site of the end-to-end tests takes two


class PostgreSQL(Service):
    """A cluster of its own; nothing of it is worth a disk flush."""

    name = "postgresql"
    variable = "TERMINARIUM_TEST_DATABASE_URL"
    packages = ("postgresql",)
    role = "terminarium"

    def __init__(self, *, is_durable: bool = False) -> None:
        super().__init__()
        self._is_durable = is_durable  # what it has confirmed is there after a crash of its own
        self._port = 0

    def is_installed(self) -> bool:
        return self._folder_of_programs() is not None

    def start(self, folder: Path) -> str:
        """Start it, again with the cluster and the port that it had before."""
        programs = self._folder_of_programs()
        assert programs is not None
        # It refuses to run as root; Debian's package brings this user.
        user = "postgres" if os.geteuid() == 0 else None
        is_new = not (folder / "cluster").exists()
        if is_new:
            self._initialise(programs, folder, user)
            self._port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "synchronous_commit": "on" if self._is_durable else "off",
            "full_page_writes": "off",
            "max_connections": 500,  # many processes of tests, each with sites of its own
            "jit": "off",  # compiling takes longer than any query here
            "autovacuum": "off",  # it would go round through dozens of databases that end soon
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "max_wal_size": "4GB",  # no checkpoint while the tests run
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self.launch(
            [str(programs / "postgres"), "-D", str(folder / "cluster"), *options], folder, user
        )
        where = ["--host=127.0.0.1", f"--port={self._port}"]
        ready = [str(programs / "pg_isready"), "--quiet", *where]
        self.wait(lambda: subprocess.run(ready, timeout=START_TIMEOUT).returncode == 0)
        if is_new:
            created = [str(programs / "createdb"), *where, f"--username={self.role}", self.role]
            self._run(created, folder, user)
        return f"postgresql://{self.role}@127.0.0.1:{self._port}/{self.role}"

    def kill(self) -> None:
        """End it with its children, which are in groups of their own, at once."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        super().kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=STOP_TIMEOUT)

    def _initialise(self, programs: Path, folder: Path, user: str | None) -> None:
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
                **as_user(user),
            ).returncode
        if status:
            raise self.error(f"failed: {Path(command[0]).name} ended with status {status}")

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

    port = 0

    def start(self, folder: Path) -> str:
        """Start it, again on the port that it had before."""
        port = self.port = self.port or free_port()
        options = f"--port {port} --bind 127.0.0.1 --save '' --appendonly no --daemonize no"
        options += f" --databases {REDIS_DATABASES}"
        self.launch(["redis-server", *shlex.split(options), "--dir", str(folder)], folder)
        self.wait(lambda: self._answers(port))
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
    """The browser is only found: each test module starts its own.

    Chromium's headless shell opens a page in a third of the time that the whole browser takes,
    so it is preferred where it can be installed.
    """

    name = "chromium"
    variable = "TERMINARIUM_TEST_CHROMIUM"
    shell = "chromium-headless-shell"
    packages = (shell, "fonts-noto-cjk")
    programs = (shell, "chromium", "chromium-browser", "google-chrome")

    def is_installed(self) -> bool:
        program = self._program()
        if program is None or not self._has_fonts():
            return False
        return Path(program).name == self.shell or not (can_install() and has_package(self.shell))

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


class Registry(Service):
    """A registry of images, without TLS, accounts or any content."""

    name = "registry"
    variable = "TERMINARIUM_TEST_REGISTRY"
    packages = ("docker-registry",)

    def is_installed(self) -> bool:
        return shutil.which("docker-registry") is not None

    def start(self, folder: Path) -> str:
        port = free_port()
        configuration = folder / "config.yml"
        configuration.write_text(
            "version: 0.1\n"
            "log: {level: warn}\n"
            f"storage: {{filesystem: {{rootdirectory: {folder / 'data'}}}}}\n"
            f"http: {{addr: '127.0.0.1:{port}'}}\n"
        )
        self.launch(["docker-registry", "serve", str(configuration)], folder)
        self.wait(lambda: self._answers(port))
        return f"127.0.0.1:{port}"

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(b"GET /v2/ HTTP/1.0\r\n\r\n")
                return b" 200 " in connection.recv(64)
        except OSError:
            return False


class Nginx(Service):
    """The proxy is only found: a test starts it with the configuration that we ship."""

    name = "nginx"
    variable = "TERMINARIUM_TEST_NGINX"
    packages = ("nginx-light",)

    def is_installed(self) -> bool:
        return self._program() is not None

    def start(self, folder: Path) -> str:
        program = self._program()
        assert program is not None
        return program

    @staticmethod
    def _program() -> str | None:
        return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


SERVICES: tuple[type[Service], ...] = (
    PostgreSQL,
    Redis,
    PgBouncer,
    RabbitMQ,
    Chromium,
    Registry,
    Nginx,
    GVisor,
    Docker,
)
