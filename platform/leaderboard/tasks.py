"""The tasks that keep boards fresh."""

from __future__ import annotations

import logging

from celery import shared_task

from leaderboard import boards, ranges
from leaderboard.models import BoardRanges
from sharedtasks.models import TestSet

logger = logging.getLogger(__name__)


@shared_task(name=TestSet.RANK_TASK)
def rank(test_set_id: int) -> None:
    """Build a test set's board; a second delivery of the message builds nothing."""
    if not boards.rebuild(test_set_id):
        logger.info("the board of test set %s is fresh", test_set_id)


@shared_task(name=BoardRanges.TASK)
def compute_ranges(test_set_id: int) -> None:
    """Compute the ranges of a board; a second delivery of the message computes nothing."""
    if not ranges.compute(test_set_id):
        logger.info("the ranges of test set %s are known", test_set_id)
