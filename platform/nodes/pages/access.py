"""What a viewer may see of a run: the only way in which pages fetch a run."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import User
from nodes.models import Run
from sharedtasks.policy import Thing, Viewer, can_see
from sharedtasks.viewers import viewer_of
from submissions.pages.access import entry_or_404


def run_with_log_or_404(user: User, pk: int) -> Run:
    """Return a run whose log the user may read; to others there is none."""
    run = get_object_or_404(Run.objects.select_related("log"), pk=pk)
    run.entry = entry_or_404(user, run.entry_id)
    if run.log is None or not may_read_log(viewer_of(user), run, timezone.now()):
        raise Http404(f"{run} has no log for this reader.")
    return run


def may_read_log(viewer: Viewer, run: Run, now: datetime) -> bool:
    """Return whether a viewer of a run's entry may read its log.

    Smoke runs are on public sentences. The log of another run can hold a blind test set.
    """
    if run.purpose == Run.Purpose.SMOKE:
        return True
    entry = run.entry
    return can_see(viewer, Thing.LOGS, entry.test_set.phase, now, team=entry.team_id)
