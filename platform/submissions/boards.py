"""Rebuilding of boards whose results have changed."""

from __future__ import annotations

from django.db.models import F

from sharedtasks.models import TestSet
from submissions import work


def touch_board(test_set_id: int) -> None:
    """Note that a test set's results have changed; its board is built again."""
    TestSet.objects.filter(pk=test_set_id).update(results_version=F("results_version") + 1)
    work.send(TestSet.RANK_TASK, test_set_id)
