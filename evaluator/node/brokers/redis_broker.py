"""Kombu's Redis transport, for a worker whose Redis goes away or hangs while a task runs.

When the task ends, its message is acknowledged. If the connection is gone, kombu reads an address
that it has cleared already, and its AttributeError ends the worker. If Redis does not answer, kombu
counts the message as being worked on for ever, and a worker that does one task at a time takes
nothing any more. This transport raises an error that Celery expects, and counts the message as
done. The error is logged; the message comes again if the rows say so.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import QoS as InProcess


class QoS(redis.QoS):
    """The messages in work; a message counts as done even if Redis could not be told."""

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
    """A channel that raises an error of its own when its connection is closed."""

    QoS = QoS

    def _connparams(self, *arguments: Any, **options: Any) -> Any:
        if self.connection.client is None:
            raise ConnectionError("the connection to Redis is closed")
        return super()._connparams(*arguments, **options)  # type: ignore[misc] # not in its stubs


class Transport(redis.Transport):
    """The transport of `redis://` and `rediss://`."""

    Channel = Channel
