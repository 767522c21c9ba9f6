"""What the environment says of this node; every error names the variable and the remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from evaluator.container import GB
from evaluator.node.errors import SettingsError
from evaluator.node.gpus import list_gpus

STATE_DIR = "/var/lib/terminarium-node"
IMAGE_BUDGET = 200 * GB  # bytes
PATIENCE = 1800.0  # seconds
MAX_SECRET_BYTES = 64 * 1024
GPU = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/-]{0,99}")  # an index or a UUID, of a part of one too
RUNTIME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
SIZE = re.compile(r"([0-9]{1,18})([KMGT]?)B?", re.ASCII | re.IGNORECASE)
COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": GB, "T": 1024**4}
# What the token is sent to without encryption, so that only this machine reads it.
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
        """Whether nobody on the way can read the token."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in LOOPBACK

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read them; raises SettingsError."""
        read = _Reader(environment)
        return cls(
            url=_url(read.text("NODE_URL", "the platform's address: https://terminarium.example")),
            token=_token(read.secret("NODE_TOKEN", "the token that the platform showed once")),
            broker_url=_broker(
                read.secret("NODE_BROKER_URL", "the nodes' broker: redis://host:6379/0")
            ),
            gpus=_gpus(environment.get("NODE_GPUS", "").strip()),
            runtime=_runtime(environment.get("NODE_RUNTIME", "").strip()),
            image_budget=read.size("NODE_IMAGE_BUDGET") or IMAGE_BUDGET,
            state_dir=Path(environment.get("NODE_STATE_DIR") or STATE_DIR).absolute(),
            cpus=read.count("NODE_CPUS"),
            memory=read.size("NODE_MEMORY"),
            grace=read.seconds("NODE_GRACE"),
            patience=read.seconds("NODE_PATIENCE", PATIENCE),
        )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, what: str) -> str:
        value = self._environment.get(name, "").strip()
        if not value:
            raise SettingsError(f"The environment variable {name} is not set. Write into it {what}")
        return value

    def secret(self, name: str, what: str) -> str:
        """Return X, or the content of the file that X_FILE names."""
        path = self._environment.get(f"{name}_FILE")
        if not path:
            return self.text(name, what)
        if self._environment.get(name):
            raise SettingsError(f"Both {name} and {name}_FILE are set; keep one of them.")
        try:
            with Path(path).open("rb") as file:
                value = file.read(MAX_SECRET_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise SettingsError(f"{name}_FILE names {path}, which can't be read: {why}.") from None
        if not value:
            raise SettingsError(f"{name}_FILE names {path}, which is empty. Write into it {what}")
        return value

    def size(self, name: str) -> int | None:
        value = self._environment.get(name, "").strip()
        if not value:
            return None
        found = SIZE.fullmatch(value)
        if found is None or not int(found[1]):
            raise SettingsError(f"{name} is {value!r}; write bytes, such as 200G or 214748364800.")
        return int(found[1]) * UNITS[found[2].upper()]

    def count(self, name: str) -> int | None:
        value = self._environment.get(name, "").strip()
        if not value:
            return None
        if not COUNT.fullmatch(value):
            raise SettingsError(f"{name} is {value!r}; write a whole number above 0.")
        return int(value)

    def seconds(self, name: str, default: float = 0.0) -> float:
        value = self._environment.get(name, "").strip()
        try:
            number = float(value or default)
        except ValueError:
            number = -1.0
        if not 0 <= number < math.inf:
            raise SettingsError(f"{name} is {value!r}; write a number of seconds, 0 or more.")
        return number


def _url(value: str) -> str:
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


def _token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise SettingsError(
            "NODE_TOKEN holds characters that no token has. Copy the line that the platform "
            "showed, without quotes or spaces."
        )
    return value


def _broker(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if not separator or not scheme:
        raise SettingsError(
            "NODE_BROKER_URL is no address. Write the nodes' broker: redis://host:6379/0, "
            "amqps://user:password@host/nodes, or filesystem:///folder on one machine."
        )
    return value


def _gpus(value: str) -> tuple[str, ...]:
    if value.lower() in ("", "none"):
        return ()
    if value.lower() == "all":
        return list_gpus()
    found = tuple(part.strip() for part in value.split(","))
    if not all(map(GPU.fullmatch, found)) or len(set(found)) != len(found):
        raise SettingsError(
            f"NODE_GPUS is {value!r}; write the ids of GPUs with commas, such as 0,1 (each once), "
            "or all, or none."
        )
    return found


def _runtime(value: str) -> str | None:
    if not value:
        return None
    if not RUNTIME.fullmatch(value):
        raise SettingsError(f"NODE_RUNTIME is {value!r}; write one of the engine's, such as runsc.")
    return value
