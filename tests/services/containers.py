"""A Docker engine of the tests' own, and gVisor as a second runtime for it.

The engine lives in namespaces of its own: processes, mounts, network. Another engine on the
machine keeps its bridge and its rules, and all that this one started ends with its first process.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.services.service import STOP_TIMEOUT, Service

CONTROL_GROUPS = Path("/sys/fs/cgroup")
ENOUGH = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # Debian's daemons; off some people's PATH
# The engine's sockets and locks below /run are nobody else's business. docker-init, as process 1,
# reaps what the engine's children leave behind.
BEGIN = 'mount -t tmpfs tmpfs /run && exec docker-init -- dockerd --config-file "$1"'
GPU_HOOK = "nvidia-container-runtime-hook"  # on its PATH the engine takes it for a driver of GPUs


class Docker(Service):
    """An engine with its data in the folder; its containers have no network in any case."""

    name = "docker"
    variable = "TERMINARIUM_TEST_DOCKER_HOST"
    packages = ("docker.io", "busybox-static")
    needs = "root on Linux, with namespaces"

    def __init__(self, *, has_gpus: bool = False) -> None:
        super().__init__()
        self._has_gpus = has_gpus  # simulated: it accepts requests for them
        self._control_group = f"terminarium-tests-{secrets.token_hex(4)}"

    def is_installed(self) -> bool:
        if sys.platform != "linux" or os.geteuid() != 0:
            return False
        programs = ("dockerd", "docker-init", "busybox", "unshare")
        if not all(shutil.which(name, path=_path()) for name in programs):
            return False
        tried = subprocess.run([*self._namespaces(), "true"], capture_output=True, check=False)
        return tried.returncode == 0

    def start(self, folder: Path) -> str:
        address = folder / "docker.sock"
        configuration = folder / "daemon.json"
        configuration.write_text(json.dumps(self._configuration(folder, address)))
        self.launch(
            [*self._namespaces(), "sh", "-c", BEGIN, "sh", str(configuration)],
            folder,
            environment=os.environ | {"PATH": self._path_of_engine(folder)},
        )
        self.wait(lambda: _answers(address))
        return f"unix://{address}"

    def stop(self) -> None:
        """Ask process 1 of its namespace to end; else kill it, and with it everything there."""
        if self.process is not None and self.process.poll() is None:
            # unshare, in the same group, ignores this.
            os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_TIMEOUT)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        self._remove_control_groups()

    def _configuration(self, folder: Path, address: Path) -> dict[str, object]:
        runtimes = {}
        if GVisor.program():
            arguments = ["--network=none"]
            runtimes["runsc"] = {"path": GVisor.program(), "runtimeArgs": arguments}
        return {
            "hosts": [f"unix://{address}"],
            "data-root": str(folder / "data"),
            "exec-root": "/run/docker",
            "pidfile": "/run/docker.pid",
            "bridge": "none",
            "iptables": False,
            "ip-forward": False,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": f"/{self._control_group}",
            "runtimes": runtimes,
            "shutdown-timeout": 3,
            "log-level": "warn",
        }

    def _path_of_engine(self, folder: Path) -> str:
        if not self._has_gpus:
            return _path()
        programs = folder / "bin"
        programs.mkdir()
        hook = programs / GPU_HOOK
        hook.write_text("#!/bin/sh\ncat > /dev/null\n")
        hook.chmod(0o755)
        return f"{programs}{os.pathsep}{_path()}"

    @staticmethod
    def _namespaces() -> list[str]:
        program = shutil.which("unshare", path=_path()) or "unshare"
        kinds = ("--mount", "--net", "--ipc", "--pid", "--fork", "--mount-proc")
        return [program, *kinds, "--kill-child"]

    def _remove_control_groups(self) -> None:
        """Remove those that its containers were in; a killed one is still in it for a moment."""
        tops = [
            path
            for path in (CONTROL_GROUPS, *CONTROL_GROUPS.iterdir())
            if (path / self._control_group).is_dir()
        ]
        for top in tops:
            for folder, _, _ in os.walk(top / self._control_group, topdown=False):
                _remove_folder(Path(folder))


class GVisor(Service):
    """A second runtime: only found, the engine starts it."""

    name = "gvisor"
    variable = "TERMINARIUM_TEST_RUNSC"
    packages = ("runsc",)
    may_be_unknown = True  # not every release of Debian has it

    @staticmethod
    def program() -> str | None:
        return shutil.which("runsc", path=_path())

    def is_installed(self) -> bool:
        return self.program() is not None

    def start(self, folder: Path) -> str:
        program = self.program()
        assert program is not None
        return program


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *ENOUGH])


def _answers(address: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(address))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _remove_folder(folder: Path) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
