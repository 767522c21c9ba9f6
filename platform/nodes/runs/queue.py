"""Where an entry stands among those that wait for a node, for how long, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from django.conf import settings
from django.db.models import QuerySet

from evaluator.container import in_bytes
from nodes.models import Run
from nodes.runs import turns
from nodes.runs.node_status import NodeStatuses
from submissions.models import Entry
from submissions.states import EntryState

RECENT_RUNS = 50  # that an estimate is made of


@dataclass(frozen=True, slots=True)
class Place:
    """An entry's place in the queue of its kind."""

    position: int  # 1: it is next
    length: int
    seconds: float | None  # until it is its turn, about; None: nothing is known
    why_not: str  # what keeps everything of its kind from being run; empty: nothing


def waiting() -> QuerySet[Entry]:
    """Return what nodes can be given: the systems that are not withdrawn, of images that run."""
    return Entry.objects.filter(
        state=EntryState.WAITING,
        withdrawn_at=None,
        submission__image__isnull=False,
        submission__image__quarantined_at=None,
    )


def place(entry: Entry) -> Place | None:
    """Return an entry's place; None unless it waits for a node."""
    if entry.state != EntryState.WAITING or entry.submission is None:
        return None
    needs_gpu = entry.submission.needs_gpu
    order = turns.in_turn(waiting().filter(submission__needs_gpu=needs_gpu))
    # An entry that nodes are not given at the moment is after all others.
    before = order.index(entry.pk) if entry.pk in order else len(order)
    nodes = NodeStatuses.now()
    memory = entry.test_set.phase.limits.memory
    serving = nodes.serving(needs_gpu=needs_gpu, memory=memory)
    return Place(
        position=before + 1,
        length=max(len(order), before + 1),
        seconds=_seconds(before, serving, needs_gpu=needs_gpu),
        why_not=why_nothing_moves(nodes, needs_gpu=needs_gpu, memory=memory),
    )


def why_nothing_moves(nodes: NodeStatuses, *, needs_gpu: bool, memory: int = 0) -> str:
    """Return why systems of a kind can't be run at the moment; empty if they can."""
    if nodes.serving(needs_gpu=needs_gpu, memory=memory):
        return ""
    if not nodes.rows and not settings.NODES_BROKER_URL:
        return "Nodes are not configured on this site. The organisers have to add one."
    what = "GPU node" if needs_gpu else "node"
    if nodes.serving(needs_gpu=needs_gpu):
        return (
            f"No {what} that is there has the {in_bytes(memory)} of memory that a run of this "
            "phase may take. The organisers have to add one, or to lower the phase's limit."
        )
    if any(node.is_alive and node.has_gpu >= needs_gpu and node.is_drained for node in nodes.rows):
        return f"No {what} takes new work at the moment: the organisers are at it."
    if any(node.is_failing and node.has_gpu >= needs_gpu for node in nodes.rows):
        return (
            f"No {what} is fit for work at the moment. Each gets no work until its own check "
            "passes. The organisers can see why."
        )
    if nodes.alive and needs_gpu:
        return "No GPU node is there at the moment. Those without a GPU can't run this system."
    if nodes.alive:
        return "The nodes that are there at the moment are kept for systems that need a GPU."
    return f"No {what} is there at the moment."


def _seconds(before: int, serving: int, *, needs_gpu: bool) -> float | None:
    """Estimate by what runs of this kind have taken of late."""
    if not serving:
        return None
    if not before:
        return 0.0
    recent = Run.objects.filter(
        purpose=Run.Purpose.TEST,
        outcome=Run.Ending.OK,
        wall_time__isnull=False,
        entry__submission__needs_gpu=needs_gpu,
    ).order_by("-pk")
    wall_times = recent.values_list("wall_time", flat=True)[:RECENT_RUNS]
    times = [seconds for seconds in wall_times if seconds is not None]
    return median(times) * before / serving if times else None
