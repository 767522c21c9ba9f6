"""Waits until the workers have checked and scored submissions, and says how far they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic, sleep

from django.db.models import QuerySet
from django.utils import timezone

from editions.importing import Say
from health import presence
from health.models import Heartbeat
from submissions.models import Entry, Submission
from submissions.states import FINAL

LOOK_EVERY = 0.5  # seconds
REMIND_AFTER = 60  # seconds without news
GIVE_UP_AFTER = 1200  # seconds without news
HEARD_WITHIN = timedelta(seconds=60)


def wait_for_results(submissions: QuerySet[Submission], say: Say) -> bool:
    """Wait until everything has ended; return whether it has, or False if nothing moves.

    What had ended before the first look is not told.
    """
    ended = set(_list_ended(submissions))
    known = len(ended)
    entries = _entries(submissions)
    last_news = last_reminder = monotonic()
    while True:
        new = [line for line in _list_ended(submissions) if line not in ended]
        waiting = sum(rows.exclude(state__in=FINAL).count() for rows in (submissions, entries))
        for still_new, line in zip(range(len(new) - 1, -1, -1), new, strict=True):
            ended.add(line)
            say(f"[{len(ended) - known} ended, {waiting + still_new} wait] {line}")
        now = monotonic()
        if not waiting:
            return True
        if new:
            last_news = last_reminder = now
        if now - last_news > GIVE_UP_AFTER:
            return False
        if now - last_reminder > REMIND_AFTER:
            last_reminder = now
            say(f"{waiting} still wait. {describe_workers()}{_describe_others(submissions)}")
        sleep(LOOK_EVERY)


def describe_workers() -> str:
    """Return what is known of the workers, in a sentence."""
    heard = Heartbeat.objects.filter(
        part__startswith=presence.WORKER_OF, at__gt=timezone.now() - HEARD_WITHIN
    )
    if heard.exists():
        return "A worker is running."
    return "No worker answers. Start a worker: `celery -A config worker`."


def _describe_others(submissions: QuerySet[Submission]) -> str:
    """Return how many other entries wait for the same workers, such as rows of references."""
    unfinished = Entry.objects.exclude(state__in=FINAL)
    count = unfinished.count() - _entries(submissions).exclude(state__in=FINAL).count()
    return f" Other entries that wait for workers or nodes: {count:,}." if count > 0 else ""


def _entries(submissions: QuerySet[Submission]) -> QuerySet[Entry]:
    return Entry.objects.filter(submission__in=submissions.order_by().values("pk"))


def _list_ended(submissions: QuerySet[Submission]) -> Iterator[str]:
    """Yield a line for each submission and entry that has ended."""
    for submission in submissions.filter(state__in=FINAL).select_related("phase"):
        if submission.state != "accepted":
            yield f"submission {submission.pk}: {submission.system}: {submission.state}"
    rows = _entries(submissions).filter(state__in=FINAL).select_related("test_set")
    for entry in rows.order_by("pk"):
        yield f"{entry}: {entry.state}"
