"""The tasks that keep boards fresh."""

from __future__ import annotations

import logging

from celery import shared_task

from leaderboard import boards, ranges
from leaderboard.builders import BeingBuilt
from leaderboard.models import BoardRanges
from sharedtasks.models import TestSet
from submissions import work
from submissions.boards import BUILD_PAUSE

logger = logging.getLogger(__name__)


@shared_task(name=TestSet.RANK_TASK)
def rank(test_set_id: int) -> None:
    """Build a test set's board; a second delivery of the message builds nothing."""
    try:
        is_built = boards.try_to_rebuild(test_set_id)
    except BeingBuilt:
        # That builder may have begun before the change that this message is about, or be dead.
        work.send(TestSet.RANK_TASK, test_set_id, after=BUILD_PAUSE)
        return
    if not is_built:
        logger.info("the board of test set %s is fresh", test_set_id)


@shared_task(name=BoardRanges.TASK)
def compute_ranges(test_set_id: int) -> None:
    """Compute the ranges of a board; a second delivery of the message computes nothing."""
    if not ranges.compute(test_set_id):
        logger.info("the ranges of test set %s are known", test_set_id)
