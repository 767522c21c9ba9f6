"""A message that is acknowledged on a connection that is gone is an error that Celery expects."""

from __future__ import annotations

import contextlib
import logging

import pytest
from kombu import Connection
from kombu.message import Message
from kombu.transport import redis as kombus
from kombu.transport import virtual

from evaluator.node.brokers import outlive_redis
from evaluator.node.brokers.redis_broker import Channel, Transport

URL = "redis://127.0.0.1:1/0"


class ClosedTransport:
    """What a worker's transport is once its connection is closed."""

    client = None


def closed_channel():
    channel = Channel.__new__(Channel)
    channel.connection = ClosedTransport()
    channel._pool = channel._async_pool = None
    channel._unacked = None
    return channel


@pytest.mark.parametrize("ask", ["pool", "async_pool"])
def test_a_closed_channel_says_so(ask):
    with pytest.raises(ConnectionError, match="closed"):
        getattr(closed_channel(), ask)


def test_celery_takes_it_for_a_lost_connection():
    assert issubclass(ConnectionError, kombus.Transport.connection_errors)


def test_an_acknowledgement_in_vain_is_logged_and_no_more(caplog):
    class Gone:
        no_ack_consumers = None

        def basic_ack(self, *_, **__):
            closed_channel()._connparams()

    message = Message(channel=Gone(), delivery_tag="1")

    with caplog.at_level(logging.CRITICAL):
        message.ack_log_error(logging.getLogger(), Transport.connection_errors)

    assert "Couldn't ack" in caplog.text


class SilentRedis:
    """A pipeline whose commands get no answer."""

    def zrem(self, *_):
        return self

    hdel = zrem

    def execute(self):
        raise TimeoutError("no answer")


@pytest.mark.parametrize("way", ["ack", "reject", "reject and requeue"])
def test_a_message_that_redis_is_not_told_about_leaves_its_place(monkeypatch, way):
    qos = Channel.QoS(closed_channel(), prefetch_count=1)
    monkeypatch.setattr(qos, "pipe_or_acquire", lambda *_: contextlib.nullcontext(SilentRedis()))
    monkeypatch.setattr(qos, "restore_by_tag", lambda *_, **__: SilentRedis().execute())
    virtual.QoS.append(qos, "a message", "1")
    assert not qos.can_consume()

    with pytest.raises(TimeoutError):
        qos.ack("1") if way == "ack" else qos.reject("1", requeue="requeue" in way)

    assert qos.can_consume()


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_it_stands_for_redis(monkeypatch, scheme):
    outlive_redis()

    assert Connection(URL.replace("redis", scheme, 1)).get_transport_cls() is Transport
