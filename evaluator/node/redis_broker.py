"""Kombu's Redis transport, for a worker whose Redis goes away while a task runs.

When the task ends its message is acknowledged on the connection that is gone. Kombu looks for the
address in what it has already cleared; its AttributeError ends the worker. Ours is an error that
Celery expects there: it is logged, and the message comes again or not, as rows decide.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    """A channel that says that it is closed."""

    def _connparams(self, *arguments: Any, **options: Any) -> Any:
        if self.connection.client is None:
            raise ConnectionError("the connection to Redis is closed")
        return super()._connparams(*arguments, **options)  # type: ignore[misc] # not in its stubs


class Transport(redis.Transport):
    """What `redis://` and `rediss://` stand for."""

    Channel = Channel


def outlive_redis() -> None:
    """Have `redis://` mean this transport, in this process."""
    for name in ("redis", "rediss"):
        TRANSPORT_ALIASES[name] = f"{__name__}:Transport"
