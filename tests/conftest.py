"""What every test may ask for. The settings' environment is tests/environment.py's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

pytest_plugins = ["tests.containers", "tests.e2e.sites", "tests.e2e.systems"]

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# Where tests/services says how a service is reached.
SERVICES = {
    "postgresql": "TERMINARIUM_TEST_DATABASE_URL",
    "redis": "TERMINARIUM_TEST_REDIS_URL",
    "chromium": "TERMINARIUM_TEST_CHROMIUM",
    "registry": "TERMINARIUM_TEST_REGISTRY",
    "docker": "TERMINARIUM_TEST_DOCKER_HOST",
    "gvisor": "TERMINARIUM_TEST_RUNSC",
}

MAY_BE_UNKNOWN = {"gvisor"}  # not every distribution has it: its variable is set to nothing there


def give_up(reason: str) -> NoReturn:
    """Skip on a developer's machine; in CI, where everything has to be there, fail."""
    if IN_CI:
        pytest.fail(f"{reason} (CI has to have it)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real test data, beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        give_up("needs the folder shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """Small inputs made by hand, beside the repository; their README says what they must give."""
    folder = ROOT.parent / "shared" / "cases"
    if not folder.is_dir():
        give_up("needs the folder shared/cases beside the repository")
    return folder


@pytest.fixture(scope="session")
def require_service() -> Callable[[str], str]:
    """Return a function from a service's name to its address; it gives up where there is none."""

    def address(name: str) -> str:
        found = os.environ.get(SERVICES[name])
        if found == "" and name in MAY_BE_UNKNOWN:
            give_up(f"this distribution has no {name}")
        if not found:
            give_up(f"needs {name}: run under `python -m tests.services`, as `make test` does")
        return found

    return address
