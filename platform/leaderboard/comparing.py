"""The comparison of a board's ranked systems, from the statistics that are stored with scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import isnan

import numpy as np
from django.db.models import Q

import evaluator
from evaluator.metrics import METRICS, Metric
from evaluator.significance import (
    Comparison,
    Order,
    compare,
    leave_one_document_out,
    order_by_mean_rank,
    order_on_resamples,
)
from evaluator.significance.comparison import FEWEST_FOR_BOOTSTRAP
from evaluator.types import Statistics
from files import storage
from files.models import StoredFile
from leaderboard.snapshots import Board
from sharedtasks import testsets
from sharedtasks.models import TestSet
from submissions.models import Score

# Ranked; their pairs grow with the square of their number. So many take less than a minute of a
# processor, and less than 400 MB.
MOST_SYSTEMS = 400
MOST_BY_FLIPS = 100  # with too few units for the bootstrap
DOCUMENTS_NAMED = 5
MAX_NAME_SHOWN = 60  # characters


@dataclass(frozen=True, slots=True)
class RankedStatistics:
    """Ranked entries with the files of their statistics, for the metrics of the order."""

    signatures: Mapping[str, str]
    files: Mapping[int, Mapping[str, int]]  # of the statistics, by entry and metric
    missing: int  # ranked entries without statistics

    @classmethod
    def of(cls, board: Board) -> RankedStatistics:
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
        # NumPy's random numbers may change with its version.
        files = [(entry, sorted(own.items())) for entry, own in sorted(self.files.items())]
        content = repr((np.__version__, list(self.signatures.items()), files, self.missing))
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


def compare_ranked(ranked: RankedStatistics, test_set: TestSet) -> dict[str, object]:
    """Return ranges, clusters and lines, with the comparison by each metric of the order.

    Ranges and clusters are by entry, lines are the places after which they stand. `note` says in
    words why there are none of them. `first_place` says whether it depends on a single document.
    """
    body: dict[str, object] = {
        "order": list(ranked.signatures), "ranges": {}, "clusters": {}, "lines": [], "note": "",
        "comparisons": [], "first_place": "",
    }  # fmt: skip
    systems = len(ranked.files) + ranked.missing
    if ranked.missing:
        return body | {"note": f"{ranked.missing} of {systems} systems have no stored statistics"}
    if systems < 2:
        return body | {"ranges": {str(entry): [1, 1] for entry in ranked.files},
                       "clusters": {str(entry): 1 for entry in ranked.files}}  # fmt: skip
    metrics = ranked.read() if systems <= MOST_SYSTEMS else []
    lengths = {len(own) for _, table in metrics for own in table.values()}
    is_slow = systems > MOST_BY_FLIPS and min(lengths, default=0) < FEWEST_FOR_BOOTSTRAP
    if is_slow or systems > MOST_SYSTEMS:
        return body | {"note": f"too many systems ({systems:,}) for significance"}
    parts = {part for signature in ranked.signatures.values() for part in signature.split("|")}
    units = [part.removeprefix("unit:") for part in parts if part.startswith("unit:")]
    if len(units) > 1 or len(lengths) > 1:
        return body | {"note": "the metrics of the order count different units"}
    body |= _compare(metrics, *units)
    documents = [segment.document for segment in testsets.read(test_set).segments]
    if not body["note"] and {len(documents)} == lengths:
        body["first_place"] = _test_first_place(metrics, documents)
    return body


def _compare(
    metrics: list[tuple[Metric, dict[int, Statistics]]], unit: str = "unit"
) -> dict[str, object]:
    comparisons = compare(metrics, unit=unit)
    first = comparisons[0]
    result: Comparison | Order = first
    if len(comparisons) > 1:
        result = order_on_resamples(metrics, {each.metric: each for each in comparisons})
    numbers = range(len(result.ranges))
    return {
        "ranges": {str(result.entries[n]): list(result.ranges[n]) for n in numbers},
        "clusters": {
            str(result.entries[n]): 1 + sum(line <= n for line in result.lines) for n in numbers
        },
        "lines": list(result.lines),
        "note": first.too_few,
        "comparisons": list(map(_describe, comparisons)),
    }


def _test_first_place(
    metrics: list[tuple[Metric, dict[int, Statistics]]], documents: Sequence[str]
) -> str:
    def find_leaders(scores: Sequence[tuple[Metric, Mapping[int, float]]]) -> frozenset[int]:
        order = order_by_mean_rank(scores)
        return frozenset(
            entry for entry, place in zip(order.entries, order.places, strict=True) if place[0] == 1
        )

    result = leave_one_document_out(metrics, documents, find_leaders)
    if result is None:
        return ""
    if not result.changing:
        return f"Without any single document of the {result.documents} it is the same."
    names = ", ".join(name[:MAX_NAME_SHOWN] for name in result.changing[:DOCUMENTS_NAMED])
    more = ", …" if len(result.changing) > DOCUMENTS_NAMED else ""
    return (
        f"It depends on single documents, {len(result.changing)} of {result.documents}: without "
        f"{names}{more} other systems would have it."
    )


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
