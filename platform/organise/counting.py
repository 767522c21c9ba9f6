"""Counts of a shared task's rows: by the database, so that thousands take no longer to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from sharedtasks.models import Phase, SharedTask, TestSet
from submissions.models import Entry, Submission, Verdict
from submissions.states import SubmissionState

MOST_DAYS = 14  # that the drawing shows


class EntryGroup(NamedTuple):
    """Teams' entries that are alike in all that decides what becomes of them."""

    test_set: int
    state: str
    is_primary: bool
    is_verified: bool  # the team
    is_organisers: bool  # the team
    is_withdrawn: bool
    is_excluded: bool
    size: int


def count_entries(task: SharedTask) -> list[EntryGroup]:
    """Return the teams' entries of a shared task in groups, by one query."""
    entries = Entry.objects.filter(
        test_set__phase__shared_task=task, kind=Entry.Kind.SYSTEM
    ).order_by()
    columns = ("test_set", "state", "is_primary", "team__is_verified", "team__is_organisers")
    marks = {
        "is_withdrawn": Q(withdrawn_at__isnull=False),
        "is_excluded": Q(excluded_at__isnull=False),
    }
    rows = entries.values(*columns, **marks).annotate(count=Count("pk"))
    return [EntryGroup(*row) for row in rows.values_list(*columns, *marks, "count")]


def with_refused(phases: QuerySet[Phase]) -> QuerySet[Phase]:
    """Note of each phase how many refused files its teams meant for no test set."""
    verdicts = _refused().filter(test_set=None, submission__phase=OuterRef("pk"))
    return phases.annotate(refused=count_rows(verdicts, "submission__phase"))


def with_refused_files(test_sets: QuerySet[TestSet]) -> QuerySet[TestSet]:
    """Note of each test set how many files for it were refused."""
    verdicts = _refused().filter(test_set=OuterRef("pk"))
    return test_sets.annotate(refused=count_rows(verdicts, "test_set"))


def _refused() -> QuerySet[Verdict]:
    return Verdict.objects.filter(errors__gt=0)


def count_rows(rows: QuerySet[Any], group: str, *, distinct: str = "pk") -> Coalesce:
    """Return the number of rows as a subquery; they are filtered to a single group already."""
    counts = rows.order_by().values(group).annotate(n=Count(distinct, distinct=True)).values("n")
    return Coalesce(Subquery(counts), 0)


@dataclass(frozen=True, slots=True)
class Activity:
    """What teams have sent to a phase."""

    checking: int  # to any phase of the shared task
    submissions: int
    teams: int
    days: Sequence[tuple[datetime, int]] = field(default=())  # begins of days, UTC; submissions


def count_submissions(phase: Phase, now: datetime) -> Activity:
    """Return how much was sent to a phase, in all and on each of the last days; one query."""
    days, own = _list_days(phase, now), Q(phase=phase)
    by_day = {
        f"day_{number}": own & Q(created_at__gte=day, created_at__lt=day + timedelta(days=1))
        for number, day in enumerate(days)
    }
    counted = Submission.objects.filter(phase__shared_task=phase.shared_task_id).aggregate(
        checking=Count("pk", filter=Q(state=SubmissionState.CHECKING)),
        submissions=Count("pk", filter=own),
        teams=Count("team", filter=own, distinct=True),
        **{name: Count("pk", filter=condition) for name, condition in by_day.items()},
    )
    on_days = [(day, counted.pop(name)) for name, day in zip(by_day, days, strict=True)]
    return Activity(**counted, days=on_days)


def _list_days(phase: Phase, now: datetime) -> list[datetime]:
    """Return the begins of the days that are shown: the last on which the phase was open."""
    end = min(now, phase.closes_at or now).astimezone(UTC)
    last = end.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [last - timedelta(days=number) for number in range(MOST_DAYS)]
    return [day for day in reversed(days) if day + timedelta(days=1) > phase.opens_at]
