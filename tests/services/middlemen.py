"""PgBouncer and RabbitMQ: only looked for at the start; the few tests that need one start it.

RabbitMQ costs five seconds of a processor, and PgBouncer stands before a database that it is told.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path

from tests.services.service import Service, free_port

RABBITMQ_ON_DEBIAN = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the one on the PATH changes the user


class PgBouncer(Service):
    """A pool in transaction mode: of a database's connections each transaction gets any."""

    name = "pgbouncer"
    variable = "TERMINARIUM_TEST_PGBOUNCER"
    packages = ("pgbouncer",)
    is_started_by_tests = True

    def __init__(self, database: str = "") -> None:
        super().__init__()
        self._database = database.rsplit("/", 1)[0].rpartition("@")[2]  # host:port
        self.port = 0

    def is_installed(self) -> bool:
        return self._program() is not None

    def start(self, folder: Path) -> str:
        """Start it, again on the port that it had before; return the address of no database yet."""
        program = self._program()
        assert program is not None
        self.port = self.port or free_port()
        host, port = self._database.split(":")
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n* = host={host} port={port} user=terminarium\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            "unix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
            "default_pool_size = 4\nmax_client_conn = 200\n"
        )
        # It refuses to run as root; PostgreSQL's package brings this user.
        user = "postgres" if os.geteuid() == 0 else None
        self.launch([program, str(configuration)], folder, user)
        self.wait(lambda: _listens(self.port))
        return f"postgresql://terminarium@127.0.0.1:{self.port}"

    @staticmethod
    def _program() -> str | None:
        return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class RabbitMQ(Service):
    """A node of its own, which no other run can meet: name, folders, ports, also its epmd's."""

    name = "rabbitmq"
    variable = "TERMINARIUM_TEST_RABBITMQ"
    packages = ("rabbitmq-server",)
    is_started_by_tests = True

    def __init__(self, *, consumer_timeout: float = 1800) -> None:
        super().__init__()
        self._consumer_timeout = consumer_timeout  # seconds

    def is_installed(self) -> bool:
        return self._program() is not None and shutil.which("epmd") is not None

    def start(self, folder: Path) -> str:
        program = self._program()
        assert program is not None
        port, epmd_port = free_port(), free_port()
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{port}\n"
            f"consumer_timeout = {int(1000 * self._consumer_timeout)}\n"
            "log.file = false\nlog.console = true\nlog.console.level = warning\n"
            "disk_free_limit.absolute = 1MB\n"
        )
        # The timeout is looked at with each tick, once a minute otherwise.
        (folder / "advanced.config").write_text("[{rabbit, [{channel_tick_interval, 500}]}].")
        (folder / "plugins").write_text("[].")
        # epmd in the foreground and in our group: it would be left over otherwise.
        both = 'epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 & exec "$0"'
        self.launch(
            ["sh", "-c", both, program],
            folder,
            environment=os.environ | self._environment(folder, epmd_port),
        )
        self.wait(lambda: _listens(port))
        return f"amqp://guest:guest@127.0.0.1:{port}//"

    def stop(self) -> None:
        """End it with its children; nothing of it is worth keeping."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    @staticmethod
    def _environment(folder: Path, epmd_port: int) -> dict[str, str]:
        arguments = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"  # it does not wait busily
        return {
            "HOME": str(folder),  # of its cookie
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"tests-{epmd_port}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log-of-upgrades"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"{arguments} -kernel inet_dist_use_interface {{127,0,0,1}}"
            ),
        }

    @staticmethod
    def _program() -> str | None:
        if Path(RABBITMQ_ON_DEBIAN).exists():
            return RABBITMQ_ON_DEBIAN
        return shutil.which("rabbitmq-server")


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False
