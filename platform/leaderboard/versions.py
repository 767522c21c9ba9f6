"""Boards that show an older version of a metric, until the organisers show the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from evaluator.metrics import METRICS
from sharedtasks.metric_columns import BY_METRIC
from submissions.signatures import read_version


@dataclass(frozen=True, slots=True)
class OlderColumns:
    """Columns of one group whose scores are by an older version of their definitions."""

    group: str
    labels: str  # of the columns; empty: all columns of the group on this board
    shown: int  # the version on the board
    newest: int


def find_older(signatures: Mapping[str, str]) -> list[str]:
    """Return the metrics of a board that have a newer version than the board shows."""
    return [
        metric
        for metric, signature in signatures.items()
        if metric in METRICS and read_version(signature) < METRICS[metric].version
    ]


def list_older_columns(signatures: Mapping[str, str]) -> list[OlderColumns]:
    """Describe these metrics for a reader, in column order."""

    def sort_key(metric: str) -> tuple[str, int, int]:
        group = str(BY_METRIC[metric].group)
        return group, read_version(signatures[metric]), METRICS[metric].version

    columns = []
    for (group, shown, newest), metrics in groupby(find_older(signatures), sort_key):
        labels = [BY_METRIC[metric].label for metric in metrics]
        of_group = [m for m in signatures if m in BY_METRIC and BY_METRIC[m].group == group]
        is_whole = len(labels) == len(of_group)
        columns.append(OlderColumns(group, "" if is_whole else ", ".join(labels), shown, newest))
    return columns
