"""What operators do with nodes and images: drain, take a token away, let an image run again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Now

from accounts.models import User
from images.models import Image
from nodes.models import Node
from nodes.runs import quarantine


def drain(nodes: Iterable[Node], *, reason: str) -> int:
    """Give these nodes nothing new; what they run goes on. Return how many took work so far."""
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], drained_at=None)
    return rows.update(drained_at=Now(), drain_reason=reason)


def undrain(nodes: Iterable[Node]) -> int:
    """Give these nodes work again; their failures are forgotten. Return how many were drained.

    A node that fails its own check is given nothing until it passes, drained or not.
    """
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], drained_at__isnull=False)
    return rows.update(drained_at=None, drain_reason="", failures=0)


def revoke(nodes: Iterable[Node]) -> int:
    """Have these nodes' tokens open nothing any more; return how many did so far.

    What they run goes to other nodes once the lease has ended.
    """
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], revoked_at=None)
    return rows.update(revoked_at=Now())


@dataclass(frozen=True, slots=True)
class Lifted:
    """What is free once quarantines are lifted."""

    images: int
    entries: int  # that had failed because of a quarantine, and wait again


def lift_quarantine(images: Iterable[Image], *, actor: User | None) -> Lifted:
    """Let these images run again, and the entries wait that failed because of their quarantine."""
    freed = [quarantine.lift(image, actor=actor) for image in images]
    lifted = [entries for entries in freed if entries is not None]
    return Lifted(len(lifted), sum(lifted))
