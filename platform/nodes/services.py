"""What organisers do with nodes and images: drain, take a token away, let an image run again."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Now

from images.models import Image
from nodes.models import Node


def drain(nodes: Iterable[Node], *, reason: str) -> int:
    """Give these nodes nothing new; what they run goes on. Return how many took work so far."""
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], drained_at=None)
    return rows.update(drained_at=Now(), drain_reason=reason)


def undrain(nodes: Iterable[Node]) -> int:
    """Give these nodes work again; their failures are forgotten. Return how many were drained.

    One that fails its own check is given nothing until it passes, drained or not.
    """
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], drained_at__isnull=False)
    return rows.update(drained_at=None, drain_reason="", failures=0)


def revoke(nodes: Iterable[Node]) -> int:
    """Have these nodes' tokens open nothing any more; return how many did so far.

    What they run goes to other nodes once the lease has ended.
    """
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], revoked_at=None)
    return rows.update(revoked_at=Now())


def lift_quarantine(images: Iterable[Image]) -> int:
    """Let these images run again; the nodes they have lost are forgotten. Return how many."""
    rows = Image.objects.filter(pk__in=[image.pk for image in images], quarantined_at__isnull=False)
    return rows.update(quarantined_at=None, nodes_lost=0, losses_since=Now())
