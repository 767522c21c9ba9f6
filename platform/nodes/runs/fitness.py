"""Which nodes are fit for work: decided by their own checks and by how their runs end.

A node whose side has spoiled several runs in a row is given nothing until it has checked itself:
so a machine in trouble takes no entry's attempts. Draining is something else: organisers do that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from nodes.models import Node
from nodes.runs.clock import database_now

logger = logging.getLogger(__name__)

FAILURES_TO_CHECK = 3  # in a row
REASON_CHARACTERS = 500
# Seconds that a node waits after repeated restarts during a run: from the
# second time on, each time twice as long.
FIRST_WAIT, LONGEST_WAIT = 5, 600


@dataclass(frozen=True, slots=True)
class Health:
    """The result of a node's check of itself."""

    is_fit: bool
    text: str = ""  # why not, or what remains in doubt
    step: str = ""  # refused for an image, and done with the known good image


def note_check(node_id: int, health: Health) -> None:
    """Record a node's check of itself: it gets work again, or none."""
    nodes = Node.objects.filter(pk=node_id)
    if health.is_fit:
        nodes.update(failures=0, failing_since=None, failing_reason="")
        return
    _stop(node_id, health.text)


def note_failure(node_id: int, why: str) -> None:
    """Record a run that failed on the node's side; after several in a row it must check itself."""
    nodes = Node.objects.filter(pk=node_id)
    nodes.update(failures=F("failures") + 1)
    if nodes.filter(failures__gte=FAILURES_TO_CHECK, failing_since=None).exists():
        _stop(node_id, f"{FAILURES_TO_CHECK} runs in a row failed on its side; in the last, {why}")


def note_success(node_id: int) -> None:
    """Record a run that ended properly: earlier failures are forgotten."""
    Node.objects.filter(pk=node_id).update(failures=0, restarts=0, not_before=None)


def note_restart(node_id: int) -> None:
    """Record a restart of a node during a run; after repeated restarts the node has to wait."""
    with transaction.atomic():
        node = Node.objects.select_for_update().get(pk=node_id)
        node.restarts += 1
        if node.restarts > 1:
            wait = min(FIRST_WAIT * 2 ** min(node.restarts - 2, 10), LONGEST_WAIT)
            node.not_before = database_now() + timedelta(seconds=wait)
        node.save(update_fields=["restarts", "not_before"])


def wait_of(node: Node, now: datetime) -> int:
    """Return the seconds until a node may get work, rounded up; 0 if it may now."""
    if node.not_before is None or node.not_before <= now:
        return 0
    return int((node.not_before - now).total_seconds()) + 1


def _stop(node_id: int, reason: str) -> None:
    nodes = Node.objects.filter(pk=node_id)
    if nodes.filter(failing_since=None).update(failing_since=database_now()):
        logger.error("node %s is given nothing until its check passes: %s", node_id, reason)
    nodes.update(failing_reason=reason[:REASON_CHARACTERS])
