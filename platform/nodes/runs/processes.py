"""Which process uses a node's token: a second process is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from nodes.models import Node
from nodes.runs.clock import database_now
from nodes.runs.node_status import WAKE_EVERY


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a node, as it says itself."""

    id: str
    host: str
    pid: int
    since: datetime
    replaces: frozenset[str]  # ids of processes that are known to be dead


class AnotherProcess(Exception):
    """Another process uses the token; the text names that process and the remedy."""


def admit(node: Node, process: Process | None) -> bool:
    """Let a process work with a node's token; return whether it is new. Raises AnotherProcess.

    It takes over from a process that has ended: it said so, was killed and had the same folder,
    or has been silent for too long. Nodes of an older version name no process: None.
    """
    with transaction.atomic():
        node = Node.objects.select_for_update().get(pk=node.pk)
        if process is None or node.process_id == process.id:
            return process is None
        if node.process_id and node.process_id not in process.replaces and not _is_silent(node):
            raise AnotherProcess(_refusal(node))
        node.process_id, node.process_host = process.id, process.host
        node.process_pid, node.process_since = process.pid, process.since
        node.save(update_fields=["process_id", "process_host", "process_pid", "process_since"])
    return True


def require_current(node: Node, process_id: str) -> None:
    """Raise AnotherProcess if a process speaks other than the process at work."""
    if process_id and node.process_id and node.process_id != process_id:
        raise AnotherProcess(_refusal(node))


def part(node: Node, process_id: str) -> None:
    """Note that a process ends, so that the next need not wait."""
    Node.objects.filter(pk=node.pk, process_id=process_id).update(process_id="")


def _is_silent(node: Node) -> bool:
    """Return whether it has missed a lease and two of the wake-ups that an idle node answers."""
    silence = timedelta(seconds=max(settings.NODE_LEASE, 2 * WAKE_EVERY))
    return node.last_seen_at is None or node.last_seen_at <= database_now() - silence


def _refusal(node: Node) -> str:
    since = f"{node.process_since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if node.process_since else ""
    return (
        f"Another process works with the token of {node.name}: process {node.process_pid} on "
        f"{node.process_host}, started {since}. End it, or give this machine a token of its own "
        "(manage.py add_node, or Nodes in the admin panel). If that process is gone, this one "
        "takes over by itself within "
        f"{max(settings.NODE_LEASE, 2 * WAKE_EVERY) // 60 + 1} minutes."
    )
