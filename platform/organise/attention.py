"""What needs a person now, in all shared tasks of a reader: the first thing on their page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.urls import reverse

from organise.machines import Machine
from organise.my_tasks import TaskLine
from organise.needs import submissions_to_verify
from organise.tabs import find_address
from organise.templatetags.organise import distance, span
from submissions.models import Entry
from submissions.states import EntryState


@dataclass(frozen=True, slots=True)
class Item:
    """A line: how many of what, why it matters, and where one acts."""

    count: int
    label: str
    detail: str
    address: str = ""  # empty: no page for it
    button: str = ""
    is_bad: bool = False  # our side has failed


def list_items(
    lines: Sequence[TaskLine], machines: Sequence[Machine], now: datetime, *, operates: bool
) -> list[Item]:
    """Return what needs a person, our failures first.

    `operates` says whether the reader may drain nodes and give them work again.
    """
    changing = [line for line in lines if line.may_change]
    is_told = operates or changing
    troubled = [machine for machine in machines if machine.needs_person] if is_told else []
    return [
        *(_describe_failed(line, now) for line in changing if line.needs.failed),
        *(_describe_machine(machine, machines, operates=operates) for machine in troubled),
        *_describe_teams([line for line in changing if line.needs.teams], now),
    ]


def _describe_failed(line: TaskLine, now: datetime) -> Item:
    needs, phase = line.needs, line.phase
    what = "Entries" if not needs.submissions else "Entries and uploads"
    detail = [line.task.name]
    if phase is not None and phase.closes_at is not None and now < phase.closes_at:
        detail.append(f"{phase.name} closes {distance(phase.closes_at)}")
    address = reverse("organise-task", args=[line.task.slug]) + "#failed"
    label = f"{what if needs.entries else 'Uploads'} failed on our side"
    return Item(needs.failed, label, " · ".join(detail), address, "Look and requeue", is_bad=True)


def _describe_machine(machine: Machine, machines: Sequence[Machine], *, operates: bool) -> Item:
    working = sum(other.takes_work for other in machines)
    detail = f"{machine.why} · {working} of {len(machines)} nodes take work"
    label = f"Node gets no work ({machine.state}): {machine.name}"
    if operates and machine.state == "drained":
        address = reverse("organise-undrain", args=[machine.name])
        return Item(1, label, detail, address, "Give work again…", is_bad=True)
    return Item(1, label, detail, reverse("status"), "See nodes", is_bad=True)


def _describe_teams(lines: Sequence[TaskLine], now: datetime) -> Iterable[Item]:
    """Return a line for each shared task with teams to verify; two queries, or none."""
    if not lines:
        return
    tasks = [line.task.pk for line in lines]
    first = Min("created_at")
    waiting = submissions_to_verify().filter(phase__shared_task__in=tasks).order_by()
    rows = waiting.values("phase__shared_task", "team__name").annotate(first=first)
    oldest = {
        row["phase__shared_task"]: row
        for row in sorted(rows, key=lambda r: r["first"], reverse=True)
    }
    unranked = _count_unranked(tasks)
    for line in lines:
        row = oldest[line.task.pk]
        waited = span((now - row["first"]).total_seconds())
        detail = f"{line.task.name} · oldest: {row['team__name']}, {waited}"
        if count := unranked.get(line.task.pk):
            entries = "entry has" if count == 1 else "entries have"
            detail += f" · their {count} scored primary {entries} no rank"
        address = find_address("people", line.task)
        label = (
            "Team waits to be verified" if line.needs.teams == 1 else "Teams wait to be verified"
        )
        yield Item(line.needs.teams, label, detail, address, "Verify")


def _count_unranked(tasks: Sequence[int]) -> dict[int, int]:
    """Return how many entries would be ranked if their teams were verified, by shared task."""
    entries = Entry.objects.filter(
        test_set__phase__shared_task__in=tasks,
        state=EntryState.SCORED,
        is_primary=True,
        excluded_at=None,
        team__is_verified=False,
        team__is_organisers=False,
    )
    counts = entries.order_by().values("test_set__phase__shared_task").annotate(n=Count("pk"))
    return dict(counts.values_list("test_set__phase__shared_task", "n"))
