"""Which shared tasks, phases and boards the start page is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Prefetch

from sharedtasks.access import listed, visible_phases, visible_tasks, with_test_sets
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import Thing, Viewer, can_see


def read_tasks(viewer: Viewer) -> list[SharedTask]:
    """Return the shared tasks with their phases and test sets, which know each other.

    Takes three queries.
    """
    shown_phases = listed(visible_phases(viewer)).prefetch_related(with_test_sets(viewer))
    tasks = list(listed(visible_tasks(viewer)).prefetch_related(Prefetch("phases", shown_phases)))
    for task in tasks:
        for phase in task.phases.all():
            phase.shared_task = task
            for test_set in phase.test_sets.all():
                test_set.phase = phase
    return tasks


def choose_test_sets(phases: Iterable[Phase], viewer: Viewer, now: datetime) -> list[TestSet]:
    """Choose the phase that the start page is about, and return its test sets.

    It is the last phase of the newest shared task that has a board to show. Without a board to
    show it is the first phase, whose board says when it opens.
    """
    filled = [phase for phase in phases if phase.test_sets.all()]
    newest = [phase for phase in filled if phase.shared_task_id == filled[0].shared_task_id]
    shown = [phase for phase in newest if can_see(viewer, Thing.BOARD, phase, now)]
    # A post-evaluation phase repeats what is decided.
    deciding = [phase for phase in shown if phase.kind != Phase.Kind.POST]
    chosen = [*newest[:1], *shown, *deciding][-1:]
    return [test_set for phase in chosen for test_set in phase.test_sets.all()]


def find_next_to_close(phases: Sequence[Phase], now: datetime) -> Phase | None:
    """Return the open phase whose deadline comes first; phases without a deadline come last."""
    is_open = [phase for phase in phases if phase.is_open(now) and phase.test_sets.all()]
    return min(is_open, key=lambda phase: (phase.closes_at is None, phase.closes_at or now),
               default=None)  # fmt: skip
