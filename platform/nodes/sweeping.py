"""The sweep of runs: what is overdue is lost, what waits is announced again."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from nodes import endings, wake
from nodes.claims import fitting
from nodes.clock import database_now
from nodes.models import Run
from submissions import work
from submissions.models import Entry
from submissions.states import EntryState

logger = logging.getLogger(__name__)

ROWS_AT_MOST = 500  # in one sweep; the rest has its turn in the next
MESSAGES_AT_MOST = 50  # for each kind of node in one sweep


@dataclass(frozen=True, slots=True)
class SweptRuns:
    """What one sweep of the runs did."""

    lost: int = 0  # runs whose lease had ended
    returned: int = 0  # entries that ran nowhere
    woken: int = 0  # messages to nodes


def sweep_runs() -> SweptRuns:
    """Close what is overdue, and wake nodes for what waits."""
    overdue = Run.objects.filter(ended_at=None, lease_until__lte=database_now())
    lost = 0
    for pk in overdue.values_list("pk", flat=True)[:ROWS_AT_MOST]:
        lost += endings.lose(pk, reason="its lease ended", overdue_only=True)
    done = SweptRuns(lost=lost, returned=_return_homeless(), woken=_wake())
    if done != SweptRuns():
        logger.info("%s", done)
    return done


def _return_homeless() -> int:
    """An entry runs somewhere or waits; a row that says otherwise is mended, whatever the cause."""
    open_runs = Run.objects.filter(entry=OuterRef("pk"), ended_at=None)
    rows = Entry.objects.filter(~Exists(open_runs), state=EntryState.RUNNING)
    return sum(
        work.move(entry, old=[EntryState.RUNNING], to=EntryState.WAITING, reason="it ran nowhere")
        for entry in rows[:ROWS_AT_MOST]
    )


def _wake() -> int:
    waiting = fitting(Entry.objects.all(), has_gpu=True)
    needs = list(waiting.values_list("submission__needs_gpu", flat=True)[: 2 * MESSAGES_AT_MOST])
    gpu = min(needs.count(True), MESSAGES_AT_MOST)
    cpu = min(needs.count(False), MESSAGES_AT_MOST)
    return wake.wake([wake.GPU] * gpu + [wake.CPU] * cpu)
