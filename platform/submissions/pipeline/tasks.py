"""Celery's tasks: claim, call, record. Deliverable twice, killable anywhere.

There is one way to retry: whatever goes wrong on our side releases the claim, and the sweeper
announces the row again until its attempts are used up.

A message to check or to score is a wake-up. It names the row that it was sent for, and any row may
be next: teams take turns, and of a team the oldest is first. So the 250 files of a team delay the
single file of another by a file for each worker.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TypeVar

from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Subquery, When
from django.utils import timezone

import evaluator
from submissions import work
from submissions.models import Entry, Rescore, Submission, Turn, WorkItem
from submissions.pipeline import rescoring, scoring, scoring_room
from submissions.pipeline.checking import images, outputs
from submissions.pipeline.scorer import LimitPassed, ScorerFailed

logger = logging.getLogger(__name__)

Waiting = TypeVar("Waiting", Submission, Entry)


@shared_task(bind=True, name=Submission.TASK)
def check(self: Task[[int], None], submission_id: int) -> None:
    """Check the submission that is next; a second delivery of the same message changes nothing."""
    owner, files = self.request.id or "", Submission.objects.filter(kind=Submission.Kind.OUTPUTS)
    submission = claim_next(files, owner=owner)
    if submission is None:
        _leave(Submission, _find_held(files, owner=owner) or submission_id, owner=owner)
    else:
        _check(submission, owner=owner)


@shared_task(
    bind=True,
    name=Submission.IMAGE_TASK,
    soft_time_limit=settings.IMAGE_SOFT_TIME_LIMIT,
    time_limit=settings.IMAGE_TIME_LIMIT,
    acks_late=settings.IMAGE_ACKS_LATE,
)
def check_image(self: Task[[int], None], submission_id: int) -> None:
    """Check this submission of an image, for which there is more time."""
    _check_image(submission_id, owner=self.request.id or "")


@shared_task(
    bind=True,
    name=Submission.FETCH_TASK,
    soft_time_limit=settings.FETCHING_SOFT_TIME_LIMIT,
    time_limit=settings.FETCHING_TIME_LIMIT,
    acks_late=settings.FETCHING_ACKS_LATE,
)
def fetch_image(self: Task[[int], None], submission_id: int) -> None:
    """Do the same for an image that comes from a registry, for which there is more time still."""
    _check_image(submission_id, owner=self.request.id or "")


@shared_task(bind=True, name=Entry.TASK)
def score(self: Task[[int], None], entry_id: int) -> None:
    """Score the entry that is next; a second delivery of the same message changes nothing."""
    owner = self.request.id or ""
    entry = claim_next(Entry.objects.all(), owner=owner)
    if entry is None:
        _leave(Entry, _find_held(Entry.objects.all(), owner=owner) or entry_id, owner=owner)
        return
    try:
        result = scoring.evaluate(entry)
        work.outlast(partial(scoring.record_scores, entry, result, owner=owner))
    except scoring_room.NotNow:
        work.put_back(entry, owner=owner)
    except LimitPassed as error:
        logger.warning("scoring entry %s took more than %s", entry.pk, error)
        work.outlast(partial(scoring.record_overrun, entry, str(error), owner=owner))
    except work.NoLongerOurs:
        logger.warning("entry %s went to another worker meanwhile", entry.pk)
    except BaseException as error:
        work.release(entry, owner=owner, reason=_describe_lack(error))
        raise


@shared_task(bind=True, name=Rescore.TASK)
def rescore(self: Task[[int], None], rescore_id: int) -> None:
    """Score a scored entry again; whatever becomes of that, the entry stays as it is."""
    owner = self.request.id or ""
    row = work.claim(Rescore, rescore_id, owner=owner)
    if row is None:
        _leave(Rescore, rescore_id, owner=owner)
        return
    try:
        result = rescoring.evaluate(row)
        work.outlast(partial(rescoring.record, row, result, owner=owner))
    except scoring_room.NotNow:
        work.put_back(row, owner=owner)
    except LimitPassed as error:
        logger.warning("scoring entry %s again took more than %s", row.entry_id, error)
        work.release(row, owner=owner, reason=f"Scoring took more than {error}.")
    except rescoring.OtherMetricsError:
        rescoring.record_failure(row, rescoring.REASON_OTHER_METRICS, owner=owner)
    except work.NoLongerOurs:
        logger.warning("the rescore of entry %s went to another worker meanwhile", row.entry_id)
    except BaseException as error:
        reason = _describe_lack(error) or f"Our side failed: {type(error).__name__}."
        work.release(row, owner=owner, reason=reason)
        raise


@transaction.atomic
def claim_next(rows: QuerySet[Waiting], *, owner: str) -> Waiting | None:
    """Take the row whose turn it is, or None if none waits.

    An owner who has a row takes that again: its task is redelivered after its process died. None if
    the attempts at it are used up.
    """
    now = timezone.now()
    is_own, is_due = Q(claimed_by=owner), Q(next_try_at=None) | Q(next_try_at__lte=now)
    is_free = Q(claimed_by="", attempts__lt=work.MAX_ATTEMPTS)
    of_nobody = Subquery(Turn.objects.filter(key=Turn.NOBODY).values("at"))
    turn = Case(When(rows.model.OF_NOBODY, then=of_nobody), default=F("team__turn__at"))
    in_turn = rows.filter(is_own | (is_free & is_due), state=rows.model.WORKING).order_by(
        ExpressionWrapper(is_own, BooleanField()).desc(), turn.asc(nulls_first=True), "pk"
    )
    # Two workers that look at once take different rows, and none waits. A row that somebody else
    # has locked, who withdraws it perhaps, is waited for: this may have been its only message.
    for skips in (True, False):
        unlocked = in_turn.select_for_update(skip_locked=skips, no_key=True, of=("self",))
        row = unlocked.only("pk", *rows.model.TURN_OF).first()
        if row is not None:
            break
    else:
        return None
    team_id = row.turn_team_id
    key = team_id or Turn.NOBODY
    # Of two workers that write a team's first turn at once, neither may fail on the other's row.
    if not Turn.objects.filter(key=key).update(at=now):
        Turn.objects.bulk_create([Turn(key=key, team_id=team_id, at=now)], ignore_conflicts=True)
    return work.claim(rows.model, row.pk, owner=owner)


def _find_held(rows: QuerySet[Waiting], *, owner: str) -> int | None:
    """Return the key of the row that an owner holds."""
    held = rows.filter(state=rows.model.WORKING, claimed_by=owner)
    return held.values_list("pk", flat=True).first()


def _describe_lack(error: BaseException) -> str:
    """Return what a worker's machine lacks and how operators install it, or an empty string."""
    if not isinstance(error, evaluator.InfrastructureError):
        return ""
    lacking = error.lacking if isinstance(error, ScorerFailed) else str(error)
    return f"Our side failed. For its operators: {lacking}." if lacking else ""


def _check_image(submission_id: int, *, owner: str) -> None:
    submission = work.claim(Submission, submission_id, owner=owner)
    if submission is None:
        _leave(Submission, submission_id, owner=owner)
    else:
        _check(submission, owner=owner)


def _check(submission: Submission, *, owner: str) -> None:
    kind = images if submission.kind == Submission.Kind.IMAGE else outputs
    try:
        kind.check(submission, owner=owner)
    except work.NoLongerOurs:
        logger.warning("submission %s went to another worker meanwhile", submission.pk)
    except images.NotFetchedError as error:
        work.release(submission, owner=owner, reason=str(error))
        raise
    except BaseException:
        work.release(submission, owner=owner)
        raise


def _leave(model: type[WorkItem], pk: int, *, owner: str) -> None:
    if work.give_up_if_exhausted(model, pk, owner=owner):
        logger.error("%s %s failed: its attempts are used up", model.__name__, pk)
    else:
        logger.info("%s %s is not %s's to work on", model.__name__, pk, owner)
