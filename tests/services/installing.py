"""Missing packages: installed as root on Debian, named elsewhere."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.services.service import LOG_TAIL, Service, ServiceError, say

INSTALL_TIMEOUT = 1200  # seconds; a browser and its fonts are some 200 MB
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
DEBIAN_POLICY = Path("/usr/sbin/policy-rc.d")


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
