"""Phases and test sets as the arguments of commands name them."""

from __future__ import annotations

from django.core.management.base import CommandError

from sharedtasks import access
from sharedtasks.models import Phase, TestSet


def find_phase(text: str) -> Phase:
    """Return the phase that TASK/PHASE names. Raises CommandError, which lists the phases."""
    task, _, slug = text.partition("/")
    phase = Phase.objects.filter(shared_task__slug=task, slug=slug).first()
    if phase is None:
        phases = Phase.objects.order_by("pk").values_list("shared_task__slug", "slug")
        known = ", ".join("/".join(names) for names in phases) or "none"
        raise CommandError(f"There is no phase {text}. Known: {known}.")
    return phase


def find_test_set(text: str) -> TestSet:
    """Return the test set that TASK/PHASE/TESTSET names. Raises CommandError in the same way."""
    names, _, slug = text.rpartition("/")
    phase = find_phase(names)
    test_sets = list(phase.test_sets.select_related("terminology_mode", "phase__shared_task"))
    test_set = access.find_test_set(test_sets, slug)
    if test_set is None:
        known = ", ".join(row.slug for row in test_sets) or "none"
        raise CommandError(f"There is no test set {slug} in {names}. Known: {known}.")
    return test_set
