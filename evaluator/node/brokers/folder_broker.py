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

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

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


def _patiently(read: Callable[[], T]) -> T:
    """Read a table that somebody may be writing for the first time."""
    for _ in range(TRIES - 1):
        try:
            return read()
        except ValueError:  # no JSON yet
            time.sleep(PAUSE)
    return read()
