"""How views get shared tasks, phases and test sets: for a viewer, hidden rows do not exist."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import User
from accounts.second_factor import SecondFactorMissing
from sharedtasks.models import Organiser, Phase, SharedTask, TestSet
from sharedtasks.policy import Role, Thing, Viewer, can_see
from sharedtasks.states import OF_PHASE, OF_TASK, OF_TEST_SET, PUBLIC, State, are_in
from sharedtasks.viewers import viewer_of

Row = TypeVar("Row", SharedTask, Phase, TestSet)


def visible_tasks(viewer: Viewer) -> QuerySet[SharedTask]:
    """Return the shared tasks that are no drafts, and those in which the viewer has a role."""
    return SharedTask.objects.filter(are_in(OF_TASK, PUBLIC) | Q(pk__in=viewer.roles))


def visible_phases(viewer: Viewer) -> QuerySet[Phase]:
    """Return the phases that are no drafts, nor their shared tasks; all of those with a role."""
    return Phase.objects.select_related("shared_task").filter(
        are_in(OF_PHASE, PUBLIC) | Q(shared_task__in=viewer.roles)
    )


def visible_test_sets(viewer: Viewer) -> QuerySet[TestSet]:
    """Return the test sets that are no drafts, nor what they are parts of; all with a role."""
    return TestSet.objects.select_related("phase__shared_task", "terminology_mode").filter(
        are_in(OF_TEST_SET, PUBLIC) | Q(phase__shared_task__in=viewer.roles)
    )


def listed(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return what lists and tabs show of visible rows: what is retired has an address only."""
    return rows.exclude(state=State.RETIRED)


def announced_or_404(viewer: Viewer, task: str) -> tuple[SharedTask, list[Phase]]:
    """Return a shared task and its phases with their test sets, by two queries."""
    phases = listed(visible_phases(viewer)).filter(shared_task__slug=task)
    rows = list(phases.prefetch_related(with_test_sets(viewer)))
    if rows:
        return rows[0].shared_task, rows
    return task_or_404(viewer, task), []


def with_test_sets(viewer: Viewer) -> Prefetch[Any]:
    """Return what prefetches the listed test sets of phases, by one query."""
    return Prefetch("test_sets", listed(visible_test_sets(viewer)))


def task_or_404(viewer: Viewer, task: str) -> SharedTask:
    """Return a shared task that the viewer may know of."""
    return get_object_or_404(visible_tasks(viewer), slug=task)


def task_for_role_or_404(
    user: User | AnonymousUser,
    slug: str,
    *,
    least: Role = Role.OBSERVER,
    viewer: Viewer | None = None,
    tasks: QuerySet[SharedTask] | None = None,
) -> SharedTask:
    """Return a shared task in which the user has at least this role.

    `viewer` is the user's, where the caller has it; `tasks` says what else to read of the shared
    task. To a user without a role the shared task does not exist. Raises PermissionDenied if the
    role is too small, SecondFactorMissing if it does not count without a second factor.
    """
    rows = SharedTask.objects.all() if tasks is None else tasks
    held = Organiser.objects.filter(user=user.pk).values("shared_task")  # none for a visitor
    task = get_object_or_404(rows, slug=slug, pk__in=held)
    viewer = viewer or viewer_of(user)
    if not viewer.has_role(task.pk):
        raise SecondFactorMissing(
            f"Your role in {task} counts once two-factor sign-in is on, because it opens blind "
            "references."
        )
    require_role(viewer, task, least)
    return task


def require_role(viewer: Viewer, task: SharedTask, least: Role) -> None:
    """Raise PermissionDenied unless the viewer has at least this role in a shared task."""
    if not viewer.has_role(task.pk, least):
        people = "owners" if least == Role.OWNER else "owners and organisers"
        observes = " You observe it." if viewer.roles.get(task.pk) == Role.OBSERVER else ""
        raise PermissionDenied(f"Only the {people} of {task} may do this.{observes}")


def phase_or_404(
    viewer: Viewer,
    task: str,
    phase: str,
    *,
    thing: Thing | None = None,
    now: datetime | None = None,
) -> Phase:
    """Return a phase that the viewer may know of, and of which the viewer may see the thing."""
    row = get_object_or_404(visible_phases(viewer), shared_task__slug=task, slug=phase)
    if thing is not None and not can_see(viewer, thing, row, now or timezone.now()):
        raise Http404(f"{row} shows no {thing} to this viewer yet.")
    return row


def test_set_or_404(
    viewer: Viewer,
    task: str,
    phase: str,
    test_set: str,
    *,
    thing: Thing | None = None,  # noqa: PT028 – no test, in spite of its name
    now: datetime | None = None,  # noqa: PT028
) -> TestSet:
    """Return a test set by its slug, under the conditions of `phase_or_404`."""
    visible_phase = phase_or_404(viewer, task, phase, thing=thing, now=now)
    row = find_test_set(visible_test_sets(viewer).filter(phase=visible_phase), test_set)
    if row is None:
        raise Http404(f"{visible_phase} has no test set {test_set}.")
    row.phase = visible_phase
    return row


def find_test_set(test_sets: Iterable[TestSet], slug: str) -> TestSet | None:
    """Return the test set of a phase that an address names.

    If its domain was added later, the address without the domain still names it.
    """
    # The slug is made of columns and not stored; a phase has few test sets.
    known = list(test_sets)
    same = [row for row in known if row.slug == slug]
    earlier = [row for row in known if row.slug_without_domain == slug]
    return next(iter(same + earlier), None)
