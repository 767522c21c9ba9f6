"""Ranges of places: when they are due, where they are kept; docs/metrics.md 5 defines them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from evaluator.significance import write_range
from leaderboard.comparing import RankedStatistics, compare_ranked
from leaderboard.models import BoardRanges, BoardSnapshot
from leaderboard.snapshots import Board, BoardRow, RangesOnBoard
from sharedtasks.models import TestSet
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry, Rescore, StateChange, Submission
from submissions.states import MOVE_KINDS, EntryState, RescoreState, SubmissionState


def announce_due() -> int:
    """Announce the boards whose ranges are to be computed; return how many.

    A board is announced when nothing of it has been checked or scored for a while, and not again
    for some minutes, whatever becomes of the message.
    """
    now = timezone.now()
    before = now - timedelta(seconds=settings.RANGES_EVERY)
    fresh = Q(ranges__results_version__gte=F("ranked_version")) | Q(ranges__begun_at__gt=before)
    due = TestSet.objects.filter(ranked_version__gt=0).exclude(fresh)
    announced = 0
    for pk, phase in due.values_list("pk", "phase_id"):
        if _is_busy(pk, phase, since=now - timedelta(seconds=settings.RANGES_QUIET)):
            continue
        with transaction.atomic():
            BoardRanges.objects.update_or_create(test_set_id=pk, defaults={"begun_at": now})
            work.send(BoardRanges.TASK, pk)
        announced += 1
    return announced


def _is_busy(test_set: int, phase: int, *, since: datetime) -> bool:
    """Return whether something of a board is checked or scored, or was since a time.

    An entry that waits for a node, or runs there, does not count: that may take days.
    """
    entries = Entry.objects.filter(test_set=test_set)
    moves = StateChange.objects.filter(entry__test_set=test_set, kind__in=MOVE_KINDS)
    rescores = Rescore.objects.filter(entry__test_set=test_set)
    return (
        entries.filter(state=EntryState.SCORING).exists()
        or rescores.filter(Q(state=RescoreState.SCORING) | Q(state_since__gt=since)).exists()
        or Submission.objects.filter(phase=phase, state=SubmissionState.CHECKING).exists()
        or moves.filter(at__gt=since).exists()
    )


def add_ranges(
    test_set: TestSet, rows: Sequence[BoardRow]
) -> tuple[Sequence[BoardRow], RangesOnBoard]:
    """Return rows with the ranges that were computed last, and what the board says of them.

    Ranges by another order than the board's are left out.
    """
    known = BoardRanges.objects.filter(test_set=test_set, computed_at__isnull=False)
    # By name: the comparisons, with a p-value for each pair, are many times as much as the rest.
    names = ("ranges", "clusters", "note", "lines", "first_place")
    row = (
        known.filter(body__order=test_set.official_order)
        .values_list("computed_at", *(f"body__{name}" for name in names))
        .first()
    )
    if row is None:
        return rows, RangesOnBoard()
    computed_at, ranges, clusters, *told = row
    with_ranges = [
        replace(each, range=write_range(ranges[key]), cluster=clusters[key])
        if each.place and (key := str(each.entry)) in ranges
        else each
        for each in rows
    ]
    return with_ranges, RangesOnBoard(computed_at.isoformat(), *told)


def compute(test_set_id: int) -> bool:
    """Compute the ranges of a board, and have it built with them; return False if they are known.

    They are of the systems that the board ranks now. Nothing is locked meanwhile: what comes in
    makes them out of date, and they are computed again in some minutes.
    """
    snapshot = (
        BoardSnapshot.objects.select_related("test_set__terminology_mode")
        .filter(test_set=test_set_id)
        .first()
    )
    if snapshot is None:
        return False
    version = snapshot.results_version
    ranked = RankedStatistics.of(Board.from_json(snapshot.body, snapshot.teams))
    known = BoardRanges.objects.filter(test_set=test_set_id, computed_at__isnull=False)
    if known.filter(inputs=ranked.digest).update(results_version=version):
        return False
    body = compare_ranked(ranked, snapshot.test_set)
    with transaction.atomic():
        now_at = TestSet.objects.select_for_update().get(pk=test_set_id).results_version
        touch_board(test_set_id)  # it counts up by 1: the ranges are of that version, too
        BoardRanges.objects.update_or_create(
            test_set_id=test_set_id,
            defaults={
                "results_version": now_at + 1 if now_at == version else version,
                "inputs": ranked.digest,
                "computed_at": timezone.now(),
                "body": body,
            },
        )
    return True
