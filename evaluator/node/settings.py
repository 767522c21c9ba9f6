"""Reads a node's settings from the environment; errors name the variable and the remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from evaluator.container import GB
from evaluator.environment import Environment
from evaluator.node.errors import SettingsError
from evaluator.node.gpus import list_gpus

STATE_DIR = "/var/lib/terminarium-node"
IMAGE_BUDGET = 200 * GB  # bytes
PATIENCE = 1800.0  # seconds
GPU = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/-]{0,99}")  # an index or a UUID, also of a part of a GPU
RUNTIME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# Hosts to which the token is sent without encryption: only this machine reads it.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """A node's settings; the engine's address is DOCKER_HOST's, which the SDK reads."""

    url: str  # of the platform, without a path
    token: str = field(repr=False)
    broker_url: str = field(repr=False)
    gpus: tuple[str, ...] = ()
    runtime: str | None = None  # of the engine; None: its default
    image_budget: int = IMAGE_BUDGET  # bytes of the images that are kept
    state_dir: Path = Path(STATE_DIR)
    cpus: int | None = None  # None: all of the engine's
    memory: int | None = None  # bytes; None: all of the engine's
    grace: float = 0.0  # seconds that a run may go on after SIGTERM
    patience: float = PATIENCE  # seconds that a run may continue without an answer of the platform

    @property
    def is_encrypted(self) -> bool:
        """Return whether nobody on the way can read the token."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in LOOPBACK

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read them; raises SettingsError."""
        env = Environment(environment, SettingsError, blank_is_unset=True)
        address = "the platform's address: https://terminarium.example"
        token = "the token that the platform showed once"
        broker = "the nodes' broker: redis://host:6379/0"
        return cls(
            url=_check_url(env.text("NODE_URL", what=address)),
            token=_check_token(env.secret("NODE_TOKEN", what=token)),
            broker_url=_check_broker(env.secret("NODE_BROKER_URL", what=broker)),
            gpus=_read_gpus(env.text("NODE_GPUS", "")),
            runtime=_check_runtime(env.text("NODE_RUNTIME", "")),
            image_budget=env.size("NODE_IMAGE_BUDGET") or IMAGE_BUDGET,
            state_dir=Path(env.text("NODE_STATE_DIR", STATE_DIR)).absolute(),
            cpus=env.count("NODE_CPUS"),
            memory=env.size("NODE_MEMORY"),
            grace=env.seconds("NODE_GRACE", 0.0, may_be_zero=True),
            patience=env.seconds("NODE_PATIENCE", PATIENCE, may_be_zero=True),
        )


def _check_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname)
        port = parts.port
    except ValueError:
        is_right, port = False, None
    if not is_right or port == 0:
        raise SettingsError(
            f"NODE_URL is {value!r}; write the platform's address: https://terminarium.example"
        )
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise SettingsError(
            "NODE_URL must be the platform's address alone, without a path, a user or anything "
            "else: https://terminarium.example"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _check_token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise SettingsError(
            "NODE_TOKEN holds characters that no token has. Copy the line that the platform "
            "showed, without quotes or spaces."
        )
    return value


def _check_broker(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if not separator or not scheme:
        raise SettingsError(
            "NODE_BROKER_URL is no address. Write the nodes' broker: redis://host:6379/0, "
            "amqps://user:password@host/nodes, or filesystem:///folder on one machine."
        )
    return value


def _read_gpus(value: str) -> tuple[str, ...]:
    if value.lower() in ("", "none"):
        return ()
    if value.lower() == "all":
        return list_gpus()
    ids = tuple(part.strip() for part in value.split(","))
    if not all(map(GPU.fullmatch, ids)) or len(set(ids)) != len(ids):
        raise SettingsError(
            f"NODE_GPUS is {value!r}; write the ids of GPUs with commas, such as 0,1 (each once), "
            "or all, or none."
        )
    return ids


def _check_runtime(value: str) -> str | None:
    if not value:
        return None
    if not RUNTIME.fullmatch(value):
        raise SettingsError(f"NODE_RUNTIME is {value!r}; write one of the engine's, such as runsc.")
    return value
