"""Reference points of a board: every reference, and the copied source, as entries."""

from __future__ import annotations

import logging

from django.db import transaction

from evaluator.baselines import plan_baselines
from sharedtasks import testsets
from sharedtasks.models import TestSet
from submissions import hypotheses, work
from submissions.models import Entry

logger = logging.getLogger(__name__)

AT_MOST = 20  # test sets in a sweep
KINDS = (Entry.Kind.ORACLE, Entry.Kind.COPY)


def add_missing() -> int:
    """Make these entries for test sets without them; return how many were made."""
    bare = TestSet.objects.exclude(entries__kind__in=KINDS)
    return sum(_try_to_add(test_set) for test_set in bare.order_by("-pk")[:AT_MOST])


def _try_to_add(test_set: TestSet) -> int:
    try:
        return _add(test_set)
    except Exception:  # a broken test set must not keep the others waiting
        logger.exception("no oracle rows for %s; the next sweep tries again", test_set.pk)
        return 0


def _add(test_set: TestSet) -> int:
    content = testsets.read(test_set)
    stored = [(row, hypotheses.store(row.hypotheses, content)) for row in plan_baselines(content)]
    with transaction.atomic():
        # The lock: of two sweepers only the first makes them.
        TestSet.objects.select_for_update().get(pk=test_set.pk)
        if Entry.objects.filter(test_set=test_set, kind__in=KINDS).exists():
            return 0
        for row, file in stored:
            entry = Entry.objects.create(
                kind=Entry.Kind.ORACLE if row.is_reference else Entry.Kind.COPY,
                test_set=test_set,
                system=row.name,
                hypotheses=file,
            )
            work.record_birth(entry, reason="made from the test set")
            work.announce(entry)
    return len(stored)
