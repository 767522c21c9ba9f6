"""Refused files are kept for a while, so that a team can look at them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from submissions.models import Submission, SubmittedFile, Verdict
from submissions.states import SubmissionState

logger = logging.getLogger(__name__)

AT_MOST = 500  # files in a sweep


def remove_refused_files() -> int:
    """Remove files that were refused long ago; return how many.

    Their names and problems stay. files.storage removes the bytes, unless they are used elsewhere.
    """
    before = timezone.now() - timedelta(days=settings.REFUSED_FILES_DAYS)
    due = _refused_files().filter(submission__state_since__lt=before, file__isnull=False)
    removed = SubmittedFile.objects.filter(
        pk__in=list(due.values_list("pk", flat=True)[:AT_MOST])
    ).update(file=None)
    if removed:
        logger.info("removed %s files that were refused before %s", removed, before)
    return removed


def find_expiry(submission: Submission) -> datetime | None:
    """Return when a submission's files are removed, or None if they are kept."""
    if not _refused_files().filter(submission=submission).exists():
        return None
    return submission.state_since + timedelta(days=settings.REFUSED_FILES_DAYS)


def _refused_files() -> QuerySet[SubmittedFile]:
    """Return the files of which no part was accepted.

    That is every file of a refused submission, and the files without an entry of a submission that
    is accepted in part. A zip stays while any of its files has an entry.
    """
    of_file = Q(file=OuterRef("name")) | Q(file__startswith=Concat(OuterRef("name"), Value("/")))
    verdicts = Verdict.objects.filter(of_file, submission=OuterRef("submission"))
    is_refused = Exists(verdicts.filter(errors__gt=0)) & ~Exists(verdicts.filter(errors=0))
    return SubmittedFile.objects.filter(
        Q(submission__state=SubmissionState.REFUSED)
        | (Q(submission__state=SubmissionState.ACCEPTED) & is_refused)
    )
