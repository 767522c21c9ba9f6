"""The organisers' choice that a phase's boards show the newest version of every metric."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from audit.actions import Action
from audit.recording import Actor, record_event
from evaluator.metrics import METRICS
from leaderboard import boards
from sharedtasks.models import Phase, TestSet


def show_newest_versions(phase: Phase, *, actor: Actor) -> bool:
    """Let all boards of a phase show them at the same moment; return False if they did before."""
    newest = {name: metric.version for name, metric in METRICS.items() if metric.version}
    with transaction.atomic():
        row = Phase.objects.select_for_update().get(pk=phase.pk)
        if row.metric_versions == newest:
            return False
        changes = {"metric_versions": (row.metric_versions, newest)}
        record_event(actor=actor, action=Action.VERSIONS_SHOWN, row=row, changes=changes)
        row.metric_versions = newest
        row.save(update_fields=["metric_versions"])
        test_sets = TestSet.objects.filter(phase=row, results_version__gt=0).order_by("pk")
        for pk in test_sets.values_list("pk", flat=True):
            TestSet.objects.filter(pk=pk).update(results_version=F("results_version") + 1)
            # Another builder could not end before this transaction does: do not wait for it.
            boards.try_to_rebuild(pk, takes_over=True)
    return True
