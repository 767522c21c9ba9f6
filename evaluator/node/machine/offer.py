"""The machine's offer: the engine's own numbers, unless the environment says less."""

from __future__ import annotations

import contextlib
from importlib import metadata

from evaluator.errors import printable
from evaluator.node.errors import SettingsError
from evaluator.node.protocol.client import MachineOffer
from evaluator.node.settings import Settings

MAX_ENGINE_ID = 100  # characters
IMAGE_STORE = (
    "The engine does not know images by the digests of their configurations, which is how the "
    'platform names them. Set {"features": {"containerd-snapshotter": false}} in '
    "/etc/docker/daemon.json and restart it."
)


def describe_machine(settings: Settings) -> MachineOffer:
    """Ask the engine; raises SettingsError, and EngineUnavailableError if none answers."""
    from evaluator.container.engine import Engine

    with contextlib.closing(Engine.connect()) as engine:
        has = engine.resources
    if not has.knows_configs:
        raise SettingsError(IMAGE_STORE)
    if settings.runtime and settings.runtime not in has.runtimes:
        raise SettingsError(
            f"NODE_RUNTIME is {settings.runtime}, but the engine has {', '.join(has.runtimes)}. "
            "Add it to /etc/docker/daemon.json, or name another one."
        )
    try:
        version = metadata.version("terminarium")
    except metadata.PackageNotFoundError:  # run from its sources
        version = ""
    return MachineOffer(
        cpus=min(settings.cpus or has.cpus, has.cpus),
        memory=min(settings.memory or has.memory, has.memory),
        gpus=settings.gpus,
        runtime=settings.runtime,
        version=version,
        engine=printable(has.id, MAX_ENGINE_ID),
        image_budget=settings.image_budget,
    )
