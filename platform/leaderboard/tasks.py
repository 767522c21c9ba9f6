"""The task that keeps boards fresh."""

from __future__ import annotations

import logging

from celery import shared_task

from leaderboard import boards
from sharedtasks.models import TestSet

logger = logging.getLogger(__name__)


@shared_task(name=TestSet.RANK_TASK)
def rank(test_set_id: int) -> None:
    """Build a test set's board; a second delivery of the message builds nothing."""
    if not boards.rebuild(test_set_id):
        logger.info("the board of test set %s is fresh", test_set_id)
