"""A Docker engine for each process of tests: none sees another's images, containers or load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import known_address
from tests.environment import RUN_DIR
from tests.services.containers import Docker


@pytest.fixture(scope="session")
def engine_address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return where this process's Docker engine answers."""
    address = known_address("docker")
    if not hasattr(request.config, "workerinput") or _is_first():
        yield address  # the engine that runs already
        return
    engine = Docker()
    try:
        yield engine.start(tmp_path_factory.mktemp("engine"))
    finally:
        engine.stop()


def _is_first() -> bool:
    """Return whether no other process has asked before."""
    try:
        (RUN_DIR / "engine-is-taken").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
