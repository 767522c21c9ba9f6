"""Phases as the arguments of commands name them."""

from __future__ import annotations

from django.core.management.base import CommandError

from sharedtasks.models import Phase


def find_phase(text: str) -> Phase:
    """Return the phase that TASK/PHASE names. Raises CommandError, which lists the phases."""
    task, _, slug = text.partition("/")
    phase = Phase.objects.filter(shared_task__slug=task, slug=slug).first()
    if phase is None:
        phases = Phase.objects.order_by("pk").values_list("shared_task__slug", "slug")
        known = ", ".join("/".join(names) for names in phases) or "none"
        raise CommandError(f"There is no phase {text}. Known: {known}.")
    return phase
