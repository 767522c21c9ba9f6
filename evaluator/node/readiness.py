"""`terminarium node --check`: checks each thing that a node needs, by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from kombu import Connection

from evaluator.container import EngineError
from evaluator.container.limits import in_bytes
from evaluator.errors import InfrastructureError
from evaluator.node.app import queues, transport
from evaluator.node.errors import NodeError
from evaluator.node.machine.offer import describe_machine
from evaluator.node.machine.probe import probe
from evaluator.node.machine.self_check import require_folder
from evaluator.node.protocol.client import Platform
from evaluator.node.settings import Settings

UNENCRYPTED = "Whoever is on the way can read the token: use https."
ONE_TRY: dict[str, object] = {"max_retries": 1, "interval_start": 0}
BROKER_TIMEOUT = 10  # seconds


@dataclass(frozen=True, slots=True)
class CheckedNeed:
    """A thing that a node needs, and the result of its check."""

    name: str
    works: bool
    text: str


class CheckError(NodeError):
    """Something does not work; the text says what."""


def check_needs(settings: Settings) -> Iterator[CheckedNeed]:
    """Yield each result as soon as it is known. Nothing is claimed."""
    for name, check in _CHECKS.items():
        yield _try(name, partial(check, settings))
    for gpu in settings.gpus:
        yield _try(f"GPU {gpu}", partial(_check_gpu, settings, gpu))


def _try(name: str, check: Callable[[], str]) -> CheckedNeed:
    try:
        return CheckedNeed(name, True, check())
    except InfrastructureError as error:
        return CheckedNeed(name, False, str(error))


def _check_platform(settings: Settings) -> str:
    me = Platform(settings.url, settings.token).me()
    state = " It is drained: nothing is given to it." if me.is_drained else ""
    warning = "" if settings.is_encrypted else f" {UNENCRYPTED}"
    return f"{settings.url} knows this node as {me.name}.{state}{warning}"


def _check_broker(settings: Settings) -> str:
    url, options = transport(settings.broker_url)
    name = Connection(url).as_uri()  # without its password
    try:
        with Connection(
            url, transport_options=options | ONE_TRY, connect_timeout=BROKER_TIMEOUT
        ) as connection:
            connection.default_channel  # noqa: B018 (made when it is asked for)
    except Exception as error:  # each transport has errors of its own
        raise CheckError(f"{name} does not answer ({error}). See NODE_BROKER_URL.") from None
    return f"{name} answers; wake-ups come by {' and '.join(queues(settings))}."


def _check_engine(settings: Settings) -> str:
    from evaluator.container.engine import Engine

    machine = describe_machine(settings)
    with closing(Engine.connect()) as engine:
        version = engine.resources.version
    return (
        f"Docker {version} offers {machine.cpus} processors and {in_bytes(machine.memory)} of "
        "memory."
    )


def _check_folder(settings: Settings) -> str:
    wanted = settings.state_dir
    # The folder, or the folder above it in which it would be made.
    folder = next(path for path in (wanted, *wanted.parents) if path.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CheckError(
            f"{folder} can't be written to. Make it this user's own, or set NODE_STATE_DIR."
        )
    if folder == settings.state_dir:
        require_folder(folder, room=0)
    free = in_bytes(shutil.disk_usage(folder).free)
    return (
        f"{settings.state_dir} has room for {free}; the engine keeps images of up to "
        f"{in_bytes(settings.image_budget)} (NODE_IMAGE_BUDGET)."
    )


def _check_runtime(settings: Settings) -> str:
    _require(probe(settings.runtime))
    return f"{settings.runtime or 'The default one'} runs a system under the flags of a run."


def _check_gpu(settings: Settings, gpu: str) -> str:
    _require(probe(settings.runtime, [gpu]))
    return "A container gets it."


def _require(failure: str | None) -> None:
    if failure:
        raise EngineError(failure)


_CHECKS: Mapping[str, Callable[[Settings], str]] = MappingProxyType(
    {
        "platform": _check_platform,
        "broker": _check_broker,
        "engine": _check_engine,
        "folder": _check_folder,
        "runtime": _check_runtime,
    }
)
