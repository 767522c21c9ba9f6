"""Files that were refused are kept for a while, so that a team can look at what it sent."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from submissions.models import Submission, SubmittedFile
from submissions.states import SubmissionState

logger = logging.getLogger(__name__)

AT_MOST = 500  # files in one sweep


def remove_refused_files() -> int:
    """Let go of the files of submissions that were refused long ago; return how many.

    Their names and problems stay. files.storage removes the bytes, unless they are used elsewhere.
    """
    before = timezone.now() - timedelta(days=settings.REFUSED_FILES_DAYS)
    due = SubmittedFile.objects.filter(
        submission__state=SubmissionState.REFUSED,
        submission__state_since__lt=before,
        file__isnull=False,
    )
    removed = SubmittedFile.objects.filter(
        pk__in=list(due.values_list("pk", flat=True)[:AT_MOST])
    ).update(file=None)
    if removed:
        logger.info("let go of %s files that were refused before %s", removed, before)
    return removed


def expires_at(submission: Submission) -> datetime | None:
    """Return when a submission's files are removed; None: they are kept."""
    if submission.state != SubmissionState.REFUSED:
        return None
    return submission.state_since + timedelta(days=settings.REFUSED_FILES_DAYS)
