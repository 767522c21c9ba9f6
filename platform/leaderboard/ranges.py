"""Ranges of places, from the statistics that are stored with scores; docs/metrics.md 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from math import isnan

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

import evaluator
from evaluator.metrics import METRICS, Metric
from evaluator.significance import Comparison, compare, order_on_resamples, write_range
from evaluator.types import Statistics
from files import storage
from files.models import StoredFile
from leaderboard.models import BoardRanges, BoardSnapshot
from leaderboard.snapshots import Board, BoardRow, RangesOnBoard
from sharedtasks.models import TestSet
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry, Score, StateChange, Submission
from submissions.states import MOVE_KINDS, EntryState, SubmissionState

MOST_SYSTEMS = 200  # ranked; their pairs grow with the square of their number


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
    return (
        entries.filter(state=EntryState.SCORING).exists()
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
    row = known.filter(body__order=test_set.official_order).first()
    if row is None or row.computed_at is None:
        return rows, RangesOnBoard()
    ranges, clusters = row.body["ranges"], row.body["clusters"]
    with_ranges = [
        replace(each, range=write_range(ranges[key]), cluster=clusters[key])
        if each.place and (key := str(each.entry)) in ranges
        else each
        for each in rows
    ]
    summary = RangesOnBoard(row.computed_at.isoformat(), row.body["note"], row.body["lines"])
    return with_ranges, summary


def compute(test_set_id: int) -> bool:
    """Compute the ranges of a board, and have it built with them; return False if they are known.

    They are of the systems that the board ranks now. Nothing is locked meanwhile: what comes in
    makes them out of date, and they are computed again in some minutes.
    """
    snapshot = BoardSnapshot.objects.filter(test_set=test_set_id).first()
    if snapshot is None:
        return False
    version = snapshot.results_version
    inputs = _Inputs.of(Board.from_json(snapshot.body, snapshot.teams))
    known = BoardRanges.objects.filter(test_set=test_set_id, computed_at__isnull=False)
    if known.filter(inputs=inputs.digest).update(results_version=version):
        return False
    body = _compute_body(inputs)
    with transaction.atomic():
        now_at = TestSet.objects.select_for_update().get(pk=test_set_id).results_version
        touch_board(test_set_id)  # it counts one up: of that version the ranges are, too
        BoardRanges.objects.update_or_create(
            test_set_id=test_set_id,
            defaults={
                "results_version": now_at + 1 if now_at == version else version,
                "inputs": inputs.digest,
                "computed_at": timezone.now(),
                "body": body,
            },
        )
    return True


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What ranges are computed from: ranked entries with their files, by metric of the order."""

    signatures: Mapping[str, str]
    files: Mapping[int, Mapping[str, int]]  # of the statistics, by entry and metric
    missing: int  # ranked entries without statistics

    @classmethod
    def of(cls, board: Board) -> _Inputs:
        """Find the statistics of the scores that a board shows of its ranked systems."""
        signatures = {name: board.signatures.get(name, "") for name in board.order}
        pairs = zip(board.columns.entry, board.columns.place, strict=True)
        files: dict[int, dict[str, int]] = {entry: {} for entry, place in pairs if place}
        shown = Q()
        for metric, signature in signatures.items():
            shown |= Q(metric=metric, signature=signature)
        scores = Score.objects.filter(shown, entry__in=files, statistics__isnull=False)
        for entry, metric, file in scores.values_list("entry_id", "metric", "statistics_id"):
            files[entry][metric] = file
        whole = {entry: own for entry, own in files.items() if len(own) == len(signatures)}
        return cls(signatures, whole, len(files) - len(whole))

    @property
    def digest(self) -> str:
        """Return what differs where another result is possible."""
        files = [(entry, sorted(own.items())) for entry, own in sorted(self.files.items())]
        content = repr((list(self.signatures.items()), files, self.missing))
        return blake2b(content.encode(), digest_size=16).hexdigest()

    def read(self) -> list[tuple[Metric, dict[int, Statistics]]]:
        """Read the statistics, a file at a time."""
        tables: dict[str, dict[int, Statistics]] = {name: {} for name in self.signatures}
        for entry, by_metric in self.files.items():
            for file in StoredFile.objects.filter(pk__in=by_metric.values()):
                with storage.open_file(file) as stream:
                    statistics = evaluator.load_statistics(stream)
                for metric, pk in by_metric.items():
                    if pk == file.pk:
                        tables[metric][entry] = statistics[metric]
        return [(METRICS[name](), table) for name, table in tables.items()]


def _compute_body(inputs: _Inputs) -> dict[str, object]:
    """Return what is kept of a computation: `note` says in words why there are no ranges."""
    body: dict[str, object] = {
        "order": list(inputs.signatures), "ranges": {}, "clusters": {}, "lines": [], "note": "",
        "comparisons": [],
    }  # fmt: skip
    systems = len(inputs.files) + inputs.missing
    if inputs.missing:
        body["note"] = f"{inputs.missing} of {systems} systems have no stored statistics"
    elif systems > MOST_SYSTEMS:
        body["note"] = f"too many systems ({systems:,}) for significance"
    elif systems > 1:
        body |= _compare(inputs)
    return body


def _compare(inputs: _Inputs) -> dict[str, object]:
    metrics = inputs.read()
    units = {_read_unit(signature) for signature in inputs.signatures.values()}
    lengths = {len(own) for _, table in metrics for own in table.values()}
    if len(units) > 1 or len(lengths) > 1:
        return {"note": "the metrics of the order count different units"}
    comparisons = compare(metrics, unit=units.pop())
    first = comparisons[0]
    order = order_on_resamples(
        metrics, {comparison.metric: comparison for comparison in comparisons}
    )
    of_one = len(comparisons) == 1
    ranges, lines = (first.ranges, first.lines) if of_one else (order.ranges, order.lines)
    entries = first.entries if of_one else order.entries
    clusters = [1 + sum(line <= number for line in lines) for number in range(len(entries))]
    return {
        "ranges": dict(zip(map(str, entries), map(list, ranges), strict=bool(ranges))),
        "clusters": dict(zip(map(str, entries), clusters, strict=True)) if ranges else {},
        "lines": list(lines),
        "note": first.too_few,
        "comparisons": list(map(_describe, comparisons)),
    }


def _read_unit(signature: str) -> str:
    parts = dict(part.split(":", 1) for part in signature.split("|") if ":" in part)
    return parts.get("unit", "unit")


def _describe(comparison: Comparison) -> dict[str, object]:
    """Return a comparison for JSON; of `p_values` each pair stands once, in the upper row."""
    return {
        "metric": comparison.metric,
        "signature": comparison.signature,
        "entries": list(comparison.entries),
        "intervals": list(comparison.intervals),
        "ranges": list(map(list, comparison.ranges)),
        "lines": list(comparison.lines),
        "p_values": [
            [None if isnan(value) else value for value in row[place + 1 :]]
            for place, row in enumerate(comparison.p_values.tolist())
        ],
    }
