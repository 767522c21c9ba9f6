"""What an operator should hear of before a node is lent to somebody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

REDIS = ("redis", "rediss")


@register()
def nodes_have_a_broker_of_their_own(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when both brokers are databases of the same Redis: a client may choose any of them."""
    ours, theirs = urlsplit(settings.BROKER_URL), urlsplit(settings.NODES_BROKER_URL)
    is_same = (ours.hostname, ours.port or 6379) == (theirs.hostname, theirs.port or 6379)
    if settings.DEBUG or not is_same or ours.scheme not in REDIS or theirs.scheme not in REDIS:
        return []
    return [
        Warning(
            "NODES_BROKER_URL and BROKER_URL are databases of the same Redis server: whoever has a "
            "node's settings can send tasks to the platform's workers.",
            hint="Give nodes a Redis server, or a virtual host of RabbitMQ, of their own.",
            id="nodes.W001",
        )
    ]
