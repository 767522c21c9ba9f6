"""Kombu's Redis transport, for a worker whose Redis goes away or hangs while a task runs.

When the task ends, its message is acknowledged. If the connection is gone, kombu looks for the
address in what it has already cleared; its AttributeError ends the worker. If Redis does not
answer, kombu counts the message as being worked on for ever; a worker with one task at a time then
takes nothing any more. Ours raises an error that Celery expects, and counts the message as done. It
is logged, and the message comes again or not, as rows decide.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.transport.virtual import QoS as InProcess


class QoS(redis.QoS):
    """The messages in work; one that Redis could not be told about is done all the same."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge; whatever Redis says, the message's place is free afterwards."""
        try:
            super().ack(delivery_tag)
        except BaseException:
            InProcess.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject; whatever Redis says, the message's place is free afterwards."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except BaseException:
            InProcess.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    """A channel that says that it is closed."""

    QoS = QoS

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
