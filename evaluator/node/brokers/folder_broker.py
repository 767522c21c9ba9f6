"""Kombu's broker that is a folder, for several processes at once: no message is read half-written.

Kombu opens a message's file under its own name and writes then; who reads in between gets nothing
and ends with its worker. The same holds for the table of an exchange while it is first written.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

ADDRESS = "filesystem://localhost"  # for Celery; the folder itself is among the options
POLLING = 0.05  # seconds; the default of 1 s is felt by whoever waits
TRIES = 20
PAUSE = 0.05  # seconds between two

T = TypeVar("T")


class Channel(filesystem.Channel):
    """A channel whose messages appear whole."""

    def _put(self, queue: str, message: Any, **_: object) -> None:  # type: ignore[override]
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        path = Path(self.data_folder_out) / name
        part = path.with_name(f"{name}.part")  # of no queue that anybody reads
        try:
            part.write_text(dumps(message), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise ChannelError(f"cannot add the file {path} to its folder") from error

    def get_table(self, exchange: str) -> Any:
        return _patiently(lambda: super(Channel, self).get_table(exchange))

    def _queue_bind(self, *names: Any) -> None:
        _patiently(lambda: super(Channel, self)._queue_bind(*names))


class Transport(filesystem.Transport):
    """What `filesystem://` stands for."""

    Channel = Channel


def use_folders_safely() -> None:
    """Have `filesystem://` mean this transport, in this process."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def is_folder(url: str) -> bool:
    """Return whether a broker's address is that of a folder: filesystem:///folder."""
    return url.startswith("filesystem:")


def folder_of(url: str) -> Path:
    """Return the folder that an address names."""
    return Path(unquote(urlsplit(url).path))


def folder_options(folder: Path) -> dict[str, object]:
    """Return the transport's options for a broker in this folder; see `make_folders`."""
    messages = str(folder / "messages")
    return {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(folder / "control"),
        "polling_interval": POLLING,
    }


def make_folders(folder: Path) -> None:
    """Create what the transport expects to be there."""
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def _patiently(read: Callable[[], T]) -> T:
    """Read a table that somebody may be writing for the first time."""
    for _ in range(TRIES - 1):
        try:
            return read()
        except ValueError:  # no JSON yet
            time.sleep(PAUSE)
    return read()
