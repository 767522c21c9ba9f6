"""A board has a single builder at a time.

A builder holds no lock while it builds: whoever records scores meanwhile does not wait for it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sharedtasks.models import TestSet

LONGEST_BUILD = timedelta(seconds=15)  # then its builder counts as dead, and another may begin


class BeingBuilt(Exception):
    """Another process builds this board at the moment."""


@transaction.atomic
def begin_build(test_set_id: int, *, takes_over: bool = False) -> TestSet | None:
    """Become the builder of a board and return its test set, or None if the board is fresh.

    Results that are read after this hold at least all changes that its `results_version` counts.
    Raises BeingBuilt, unless it takes over: then the other build is thrown away.
    """
    test_set = TestSet.objects.select_for_update(no_key=True).get(pk=test_set_id)
    if test_set.ranked_version == test_set.results_version:
        return None
    now, begun = timezone.now(), test_set.build_begun_at
    is_alive = begun is not None and now < begun + LONGEST_BUILD
    if test_set.is_being_built and is_alive and not takes_over:
        raise BeingBuilt
    test_set.build_begun_at = now
    rows = TestSet.objects.filter(pk=test_set_id)
    rows.update(is_being_built=True, build_begun_at=now, build_due_at=None)
    return test_set


def end_build(test_set: TestSet) -> None:
    """Let others build, unless another process has taken over a build that took too long."""
    own = TestSet.objects.filter(pk=test_set.pk, build_begun_at=test_set.build_begun_at)
    own.update(is_being_built=False)
