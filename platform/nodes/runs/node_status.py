"""Which nodes are there: what the queue, the status page and the organisers' lists say of them.

A node without work hears nothing but wake-ups, and answers each by asking for work. The sweeper
wakes idle nodes at least every WAKE_EVERY seconds, so a node that has not been seen for
two leases is away, whatever it was doing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now

from nodes.models import Node, Run

WAKE_EVERY = 30  # seconds between two signs of life of an idle node
LEASES_UNSEEN = 2


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node as it stands now."""

    pk: int
    name: str
    is_alive: bool  # seen within two leases
    is_drained: bool
    failing_since: datetime | None
    failing_reason: str  # for organisers
    is_busy: bool
    has_gpu: bool
    memory: int  # bytes that it offers
    takes_cpu_work: bool
    engine_key: str  # equal for nodes that share an engine

    def is_other_than(self, node: Node) -> bool:
        """Return whether it is another machine than a node's."""
        return self.pk != node.pk and self.engine_key != node.engine_key

    @property
    def is_failing(self) -> bool:
        """Return whether it gets no work until its own check passes."""
        return self.failing_since is not None

    @property
    def is_there(self) -> bool:
        """Whether it can be given anything, now or once it is done."""
        return self.is_alive and not self.is_drained and not self.is_failing

    def serves(self, *, needs_gpu: bool, memory: int = 0) -> bool:
        """Return whether it serves systems of this kind that may take so much memory."""
        is_kind = self.has_gpu if needs_gpu else self.takes_cpu_work
        return self.is_there and is_kind and self.memory >= memory


@dataclass(frozen=True, slots=True)
class NodeStatuses:
    """All nodes whose tokens are good."""

    rows: tuple[NodeStatus, ...]

    @classmethod
    def now(cls) -> Self:
        """Read the status of all nodes, in one query."""
        rows = with_life(Node.objects.filter(revoked_at=None))
        return cls(tuple(_status_of(node) for node in rows))

    def serving(self, *, needs_gpu: bool, memory: int = 0) -> int:
        """Return how many there are for systems of this kind that may take so much memory."""
        return sum(node.serves(needs_gpu=needs_gpu, memory=memory) for node in self.rows)

    @property
    def alive(self) -> int:
        """Return how many have been seen of late, drained ones too."""
        return sum(node.is_alive for node in self.rows)

    @property
    def with_gpu(self) -> int:
        """Return how many have a GPU, of those that are alive."""
        return sum(node.is_alive and node.has_gpu for node in self.rows)

    @property
    def drained(self) -> int:
        """Return how many are given nothing new, of those that are alive."""
        return sum(node.is_alive and node.is_drained for node in self.rows)

    @property
    def failing(self) -> list[NodeStatus]:
        """Return nodes that get no work until their own checks pass, alive or not."""
        return [node for node in self.rows if node.is_failing]

    @property
    def busy(self) -> int:
        """Return how many are at a run."""
        return sum(node.is_alive and node.is_busy for node in self.rows)

    @property
    def away(self) -> int:
        """Return how many have not been seen for two leases."""
        return len(self.rows) - self.alive


def with_life(nodes: QuerySet[Node]) -> QuerySet[Node]:
    """Note of each node whether it `is_alive`, by the database's clock, and `is_busy`."""
    unseen = timedelta(seconds=LEASES_UNSEEN * settings.NODE_LEASE)
    is_alive = Case(
        When(Q(last_seen_at__gt=Now() - unseen), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    is_busy = Exists(Run.objects.filter(node=OuterRef("pk"), ended_at=None))
    return nodes.annotate(is_alive=is_alive, is_busy=is_busy)


def _status_of(node: Node) -> NodeStatus:
    is_alive: bool = node.is_alive  # type: ignore[attr-defined]  # `with_life` says both
    is_busy: bool = node.is_busy  # type: ignore[attr-defined]
    return NodeStatus(
        pk=node.pk,
        name=node.name,
        is_alive=is_alive,
        is_drained=node.drained_at is not None,
        failing_since=node.failing_since,
        failing_reason=node.failing_reason,
        is_busy=is_busy,
        has_gpu=bool(node.gpus),
        memory=node.memory,
        takes_cpu_work=node.takes_cpu_work,
        engine_key=node.engine_key,
    )
