"""The nodes, as organisers see them: what they do, and why some get no work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, FilteredRelation, Q

from nodes.models import Node, Run
from nodes.runs.node_status import with_life

RUN = {  # what is read of the run that is open on a node
    "entry": "entry",
    "system": "entry__system",
    "test_set": "entry__test_set",
    "purpose": "purpose",
    "done": "done",
    "segments": "segments",
}


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run of the reader's own shared task."""

    entry: int
    system: str
    test_set: str
    is_smoke_run: bool
    done: int
    segments: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A node as it stands now."""

    name: str
    state: str  # in a word: drained, failing, offline, busy, idle
    why: str  # it gets no work, where it is drained or failing; for organisers
    since: datetime | None  # of the same
    last_seen_at: datetime | None
    run: OpenRun | None  # None also for a run of another shared task

    @property
    def needs_person(self) -> bool:
        """Return whether it gets no work until somebody has looked at it."""
        return self.state in ("drained", "failing")

    @property
    def takes_work(self) -> bool:
        """Return whether it takes work, now or after what it runs."""
        return self.state in ("busy", "idle")


def list_machines(test_sets: Mapping[int, str]) -> list[Machine]:
    """Return the nodes whose tokens are good, by one query.

    A run is described only if it is on one of these test sets, whose names are given by number:
    the names of systems in other shared tasks are not for the reader.
    """
    opened = FilteredRelation("runs", condition=Q(runs__ended_at=None))
    rows = with_life(Node.objects.filter(revoked_at=None)).annotate(open_run=opened)
    rows = rows.annotate(**{f"run_{name}": F(f"open_run__{path}") for name, path in RUN.items()})
    return [_describe(row, test_sets) for row in rows.values()]


def _describe(row: Mapping[str, Any], test_sets: Mapping[int, str]) -> Machine:
    test_set = test_sets.get(row["run_test_set"])
    return Machine(
        name=row["name"],
        state=_find_state(row),
        why=row["drain_reason"] if row["drained_at"] else row["failing_reason"],
        since=row["drained_at"] or row["failing_since"],
        last_seen_at=row["last_seen_at"],
        run=None if test_set is None else _describe_run(row, test_set),
    )


def _describe_run(row: Mapping[str, Any], test_set: str) -> OpenRun:
    return OpenRun(
        entry=row["run_entry"],
        system=row["run_system"],
        test_set=test_set,
        is_smoke_run=row["run_purpose"] == Run.Purpose.SMOKE,
        done=row["run_done"],
        segments=row["run_segments"],
    )


def _find_state(row: Mapping[str, Any]) -> str:
    if row["drained_at"]:
        return "drained"
    if row["failing_since"]:
        return "failing"
    if not row["is_alive"]:
        return "offline"
    return "busy" if row["is_busy"] else "idle"
