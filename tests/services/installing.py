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
    if missing and can_install():
        install([package for service in missing for package in service.packages])
        missing = [service for service in services if not service.is_installed()]
    unknown = [service for service in missing if is_unknown(service)]
    for service in unknown:
        # Set to nothing it says so to the tests: those that need it are skipped, in CI they fail.
        os.environ[service.variable] = ""
        say(f"this distribution has no {' '.join(service.packages)}: going on without")
    missing = [service for service in missing if service not in unknown]
    if missing:
        text = explain(missing)
        if IN_CI:
            raise ServiceError(text)
        say(f"{text}\nservices: going on without; the tests that need it are skipped")
    return [service for service in services if service not in [*missing, *unknown]]


def can_install() -> bool:
    """Whether we are root on Debian or a distribution like it."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def explain(missing: list[Service]) -> str:
    """Say what is missing and how to get it."""
    names = ", ".join(
        f"{service.name} (needs {service.needs})" if service.needs else service.name
        for service in missing
    )
    packages = " ".join(package for service in missing for package in service.packages)
    return (
        f"missing: {names}. On Debian and Ubuntu: "
        f"sudo apt-get install --no-install-recommends {packages}"
    )


def is_unknown(service: Service) -> bool:
    """Whether the distribution, whose lists are fresh by now, has no package of this service."""
    return service.may_be_unknown and not all(map(has_package, service.packages))


def has_package(name: str) -> bool:
    if shutil.which("apt-cache") is None:
        return True  # no Debian: it may be had in another way
    found = subprocess.run(["apt-cache", "show", name], capture_output=True, check=False)
    return found.returncode == 0


def install(packages: list[str]) -> None:
    """Install Debian packages; their daemons stay as they are."""
    say(f"installing {' '.join(packages)}")
    patience = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}

    def apt_get(*command: str) -> None:
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

    with no_daemons():
        apt_get("update")
        # One that the distribution does not know would keep all others out.
        known = [package for package in packages if has_package(package)]
        apt_get("install", "--yes", "--no-install-recommends", *known)


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
