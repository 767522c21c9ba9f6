"""What the board pages need to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import evaluator
from leaderboard.boards import Board, Row
from leaderboard.models import BoardSnapshot
from sharedtasks.columns import BY_METRIC, Column
from sharedtasks.models import TestSet


@dataclass(frozen=True, slots=True)
class Heading:
    """A column with what this board knows of it."""

    column: Column
    signature: str
    is_sorted: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One score of one row; `value` is None where the metric is undefined."""

    column: Column
    value: float | None
    signature: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its cells in column order."""

    row: Row
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class BoardView:
    """A board as a page shows it."""

    test_set: TestSet
    version: int  # of the results it was built from; 0: nothing has been scored yet
    built_at: datetime | None
    headings: list[Heading]
    lines: list[Line]
    ranked_by: Column
    sort: str  # the metric it is sorted by; empty: by official rank


def board_view(test_set: TestSet, *, sort: str = "", rows_at_most: int | None = None) -> BoardView:
    """Return the snapshot of a test set's board, sorted by a metric or by official rank."""
    snapshot = BoardSnapshot.objects.filter(
        test_set=test_set, population=BoardSnapshot.Population.SCORED
    ).first()
    if snapshot is None:
        return BoardView(test_set, 0, None, [], [], BY_METRIC[test_set.ranking_metric], "")
    board = Board.from_json(snapshot.body)
    sort = sort if sort in board.signatures else ""
    rows = (_sorted(board, sort) if sort else board.rows)[:rows_at_most]
    return BoardView(
        test_set=test_set,
        version=snapshot.results_version,
        built_at=snapshot.built_at,
        headings=[
            Heading(BY_METRIC[metric], signature, metric == (sort or board.ranking_metric))
            for metric, signature in board.signatures.items()
        ],
        lines=[Line(row, _cells(board, row)) for row in rows],
        ranked_by=BY_METRIC[board.ranking_metric],
        sort=sort,
    )


def _sorted(board: Board, sort: str) -> list[Row]:
    values = {row.entry: row.scores.get(sort) for row in board.rows}
    order = evaluator.rank(values, higher_is_better=BY_METRIC[sort].higher_is_better)
    by_entry = {row.entry: row for row in board.rows}
    return [by_entry[ranked.entry_id] for ranked in order]


def _cells(board: Board, row: Row) -> list[Cell]:
    return [
        Cell(BY_METRIC[metric], row.scores.get(metric), signature)
        for metric, signature in board.signatures.items()
    ]
