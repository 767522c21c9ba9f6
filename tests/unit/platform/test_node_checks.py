"""Operators hear of brokers that are one server."""

from __future__ import annotations

import pytest

from nodes.system_checks import nodes_have_a_broker_of_their_own


@pytest.mark.parametrize(
    ("ours", "theirs", "warned"),
    [
        ("redis://broker/0", "redis://broker/1", ["nodes.W001"]),
        ("redis://:secret@broker:6379/0", "rediss://node:other@broker/1", ["nodes.W001"]),
        ("redis://broker/0", "redis://broker:6380/0", []),
        ("redis://broker/0", "redis://other/0", []),
        ("redis://broker/0", "amqp://broker/nodes", []),
        ("amqp://a@broker/platform", "amqp://b@broker/nodes", []),  # users and hosts divide it
        ("redis://broker/0", "", []),
        ("filesystem://localhost", "filesystem:///folder", []),
    ],
)
def test_databases_of_one_redis_are_no_wall(settings, ours, theirs, warned):
    settings.BROKER_URL, settings.NODES_BROKER_URL = ours, theirs

    assert [one.id for one in nodes_have_a_broker_of_their_own(None)] == warned
