"""The shared tasks in which a reader has a role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from accounts.models import User
from organise.dates import PhaseDate, find_current_phase, is_over, list_dates
from organise.needs import Needs, read_needs, with_needs
from sharedtasks.models import Phase, SharedTask
from sharedtasks.policy import Role, Viewer
from sharedtasks.states import State
from submissions.models import Entry, Submission

MOST_DATES = 8
STATES = ("announced", "closed", "draft", "retired", "")  # in the order of the table


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A line of the table of shared tasks."""

    task: SharedTask
    role: Role
    counts: bool  # the role; otherwise it needs a second factor
    phases: Sequence[Phase] = ()
    phase: Phase | None = None  # that runs now
    state: str = ""  # of the shared task, in a word
    teams: int = 0
    entries: int = 0
    needs: Needs = field(default_factory=Needs)

    @property
    def may_change(self) -> bool:
        """Return whether the reader can do something about what needs a person."""
        return self.counts and self.role.includes(Role.ORGANISER)


def list_tasks(user: User, viewer: Viewer, now: datetime) -> list[TaskLine]:
    """Return the shared tasks of a reader; five queries.

    Of a shared task whose role does not count, nothing but its name is told.
    """
    held = user.roles.order_by("-shared_task__created_at")
    roles = {row.shared_task_id: Role(row.role) for row in held}
    tasks = with_needs(SharedTask.objects.filter(pk__in=roles)).in_bulk()
    counted = [pk for pk in roles if viewer.has_role(pk)]
    phases: dict[int, list[Phase]] = {pk: [] for pk in counted}
    for phase in Phase.objects.filter(shared_task__in=counted):
        phase.shared_task = tasks[phase.shared_task_id]
        phases[phase.shared_task_id].append(phase)
    teams, entries = _count_teams(counted), _count_entries(counted)
    lines = []
    for pk, role in roles.items():
        task = tasks[pk]
        if pk not in phases:
            lines.append(TaskLine(task, role, counts=False))
            continue
        own = phases[pk]
        lines.append(
            TaskLine(
                task,
                role,
                counts=True,
                phases=own,
                phase=find_current_phase(own, now),
                state=find_state(task, own, now),
                teams=teams.get(pk, 0),
                entries=entries.get(pk, 0),
                needs=read_needs(task),
            )
        )
    # What goes on first; of equals the newest.
    return sorted(lines, key=lambda line: STATES.index(line.state))


def list_next_dates(lines: Sequence[TaskLine], now: datetime) -> list[PhaseDate]:
    """Return the next dates of all phases, the earliest first."""
    dates = [
        date
        for line in lines
        for phase in line.phases
        if phase.retired is None
        for date in list_dates(phase, now)
        if now < date.at
    ]
    return sorted(dates, key=lambda date: date.at)[:MOST_DATES]


def find_state(task: SharedTask, phases: Sequence[Phase], now: datetime) -> str:
    """Return its state; of an announced task also closed, which follows from the dates."""
    if task.state != State.ANNOUNCED:
        return task.state
    return "closed" if phases and all(is_over(phase, now) for phase in phases) else "announced"


def _count_teams(tasks: Sequence[int]) -> dict[int, int]:
    sent = Submission.objects.filter(phase__shared_task__in=tasks).order_by()
    counts = sent.values("phase__shared_task").annotate(n=Count("team", distinct=True))
    return dict(counts.values_list("phase__shared_task", "n"))


def _count_entries(tasks: Sequence[int]) -> dict[int, int]:
    entries = Entry.objects.filter(test_set__phase__shared_task__in=tasks, kind=Entry.Kind.SYSTEM)
    counts = entries.order_by().values("test_set__phase__shared_task").annotate(n=Count("pk"))
    return dict(counts.values_list("test_set__phase__shared_task", "n"))
