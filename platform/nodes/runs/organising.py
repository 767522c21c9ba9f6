"""What operators do with nodes and images: drain, take a token away, let an image run again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit.actions import Action
from audit.recording import Actor, record_event
from images.models import Image
from nodes.models import Node
from nodes.runs import quarantine


def drain(nodes: Iterable[Node], *, actor: Actor) -> int:
    """Give these nodes nothing new; what they run goes on. Return how many took work so far."""
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], drained_at=None)
    values = {"drained_at": Now(), "drain_reason": f"by {actor.name}"}
    return _update(rows, values, actor, Action.DRAINED)


def undrain(nodes: Iterable[Node], *, actor: Actor) -> int:
    """Give these nodes work again; their failures are forgotten. Return how many were drained.

    A node that fails its own check is given nothing until it passes, drained or not.
    """
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], drained_at__isnull=False)
    values = {"drained_at": None, "drain_reason": "", "failures": 0}
    return _update(rows, values, actor, Action.UNDRAINED)


def revoke(nodes: Iterable[Node], *, actor: Actor) -> int:
    """Have these nodes' tokens open nothing any more; return how many did so far.

    What they run goes to other nodes once the lease has ended.
    """
    rows = Node.objects.filter(pk__in=[node.pk for node in nodes], revoked_at=None)
    return _update(rows, {"revoked_at": Now()}, actor, Action.REVOKED)


@transaction.atomic
def _update(rows: QuerySet[Node], values: dict[str, Any], actor: Actor, action: Action) -> int:
    """Change these rows, each with its event; return how many there were."""
    chosen = list(rows.select_for_update())
    Node.objects.filter(pk__in=[node.pk for node in chosen]).update(**values)
    for node in chosen:
        record_event(actor=actor, action=action, row=node)
    return len(chosen)


@dataclass(frozen=True, slots=True)
class Lifted:
    """What is free once quarantines are lifted."""

    images: int
    entries: int  # that had failed because of a quarantine, and wait again


def lift_quarantine(images: Iterable[Image], *, actor: Actor) -> Lifted:
    """Let these images run again, and the entries wait that failed because of their quarantine."""
    freed = [quarantine.lift(image, actor=actor) for image in images]
    lifted = [entries for entries in freed if entries is not None]
    return Lifted(len(lifted), sum(lifted))
