"""The Docker engine of a demo: a node uses it, and it is left as it was."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.child_processes import HOST, Children
from demo.image_builds import find_missing_command
from evaluator import container
from evaluator.container import GB, EngineError, EngineUnavailableError, SdkMissingError
from evaluator.node.machine import IMAGE_STORE, Ledger

ANSWER_WITHIN = 5  # seconds
MEMORY = 2 * GB  # of a run: a laptop has more
WALL_TIME = 600  # seconds of a run
LEFT_OUT = (
    "Left out: three baseline systems on each board, and sending in systems as container images."
)


@dataclass(frozen=True, slots=True)
class DemoEngine:
    """An engine that a demo can use."""

    address: str
    memory: int  # bytes

    @property
    def run_limits(self) -> dict[str, int]:
        """The limits of a run in the demo: the contract's are larger than most laptops."""
        memory = min(MEMORY, self.memory)
        sizes = {"memory": memory, "tmp": memory // 2, "shared_memory": memory // 2}
        return {"wall_time": WALL_TIME, "cpus": 2} | sizes


class NoEngine(Exception):
    """No engine can be used; the text says why, in one line."""


def find_engine() -> DemoEngine:
    """Look for an engine at DOCKER_HOST, else at the usual socket; raises NoEngine."""
    try:
        from evaluator.container import engine

        with contextlib.closing(engine.Engine.connect(timeout=ANSWER_WITHIN)) as connected:
            resources = connected.resources
    except EngineUnavailableError as error:
        why = f"No Docker engine answers at {error.address} ({error.reason})."
        raise NoEngine(f"{why} {LEFT_OUT}") from error
    except (EngineError, SdkMissingError) as error:
        raise NoEngine(f"The Docker engine can't be used: {error} {LEFT_OUT}") from error
    if not resources.knows_configs:
        raise NoEngine(f"{IMAGE_STORE} {LEFT_OUT}")
    if command := find_missing_command():
        raise NoEngine(f"A Docker engine answers, but there is no command {command}. {LEFT_OUT}")
    return DemoEngine(connected.address, resources.memory)


@contextlib.contextmanager
def node(
    engine: DemoEngine, state: Path, *, port: int, broker: str, token: str
) -> Iterator[Children]:
    """Run a node for this machine's platform; end it and its container in any case."""
    # It gets what an operator would give it, so neither a secret nor the database.
    environment = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH", "TMPDIR") if name in os.environ
    } | {
        "DOCKER_HOST": engine.address,
        "NODE_URL": f"http://{HOST}:{port}",
        "NODE_TOKEN": token,
        "NODE_BROKER_URL": broker,
        "NODE_STATE_DIR": str(state / "node"),
    }
    children = Children(state / "logs", environment)
    try:
        children.start("node", "evaluator", "node")
        yield children
    finally:
        children.stop()


def tidy_up(state: Path, made: Iterable[str]) -> None:
    """Remove from the engine what the demo brought there; raises EngineError.

    That is images by the names that the demo gave them, images that its node has loaded, and a
    container that outlived the node. An image that somebody has given another name stays.
    """
    from evaluator.container import engine

    container.sweep()
    with contextlib.closing(engine.Engine.connect()) as connected:
        for name in made:
            connected.remove_image(name)
        for id in Ledger(state / "node" / "images.json").kept:
            image = connected.stored(id)
            if image is not None and not image.tags:
                connected.remove_image(id)
