"""What every test may ask for. The settings' environment is tests/environment.py's.

`make test` runs tests in several processes side by side (tests/side_by_side.py); a plain `pytest`
runs them in one. So that none meets another:

- A module is a group: its tests run one after the other in one process. Split a module that takes
  minutes with `pytest.mark.xdist_group`. Nothing else needs a mark.
- Database: each process has its own; the fixtures `db` and `transactional_db` and a site of
  `make_site` are copies of one migrated database (tests/databases.py).
- Redis: `redis_database()` returns the address of a database that nobody else has.
- Docker: `engine_address` (or `require_service("docker")`) is this process's own engine. The
  fixture `images` fails a test that leaves a container or a volume on it.
- Ports: `tests.services.service.free_port()`, and never a number.
- The registry, and Redis as a server, are everybody's: use names that are unique, and empty or
  count only what is the test's own.
- Time: other processes are busy. Wait for a state with a generous limit, and never sleep for
  as long as something should take.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.services.installing import IN_CI

# Six processes share two cores: how long an example takes says nothing. CI has the same examples
# each time, a developer new ones.
settings.register_profile(
    "shared", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=IN_CI
)
settings.load_profile("shared")

pytest_plugins = [
    "tests.side_by_side",
    "tests.databases",
    "tests.engines",
    "tests.containers",
    "tests.fake_platform",
    "tests.e2e.sites",
    "tests.e2e.systems",
]

ROOT = Path(__file__).resolve().parents[1]

# Where tests/services says how a service is reached.
SERVICES = {
    "postgresql": "TERMINARIUM_TEST_DATABASE_URL",
    "redis": "TERMINARIUM_TEST_REDIS_URL",
    "pgbouncer": "TERMINARIUM_TEST_PGBOUNCER",
    "rabbitmq": "TERMINARIUM_TEST_RABBITMQ",
    "chromium": "TERMINARIUM_TEST_CHROMIUM",
    "registry": "TERMINARIUM_TEST_REGISTRY",
    "nginx": "TERMINARIUM_TEST_NGINX",
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
def require_service(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return a function from a service's name to its address; it gives up where there is none."""

    def address(name: str) -> str:
        if name == "docker":
            return str(request.getfixturevalue("engine_address"))
        return known_address(name)

    return address


def known_address(name: str) -> str:
    """Return where tests/services started a service for all processes."""
    address = os.environ.get(SERVICES[name])
    if address == "" and name in MAY_BE_UNKNOWN:
        give_up(f"this distribution has no {name}")
    if not address:
        give_up(f"needs {name}: run under `python -m tests.services`, as `make test` does")
    return address
