"""What terms change: one system's scores in two modes of a language pair, subtracted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluator.metrics import Group
from leaderboard.boards import scorer_of
from leaderboard.snapshots import Board, BoardRow
from sharedtasks.metric_columns import BY_METRIC, Column
from sharedtasks.models import TestSet
from submissions.models import Entry

PROPER, NOTERM, RANDOM = TestSet.Mode.PROPER, TestSet.Mode.NOTERM, TestSet.Mode.RANDOM


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric's difference; None where the two scores do not measure the same."""

    column: Column
    value: float | None


@dataclass(frozen=True, slots=True)
class TermGain:
    """What a system gains by proper terms, and by random ones, over none."""

    row: BoardRow
    proper: list[Difference]
    random: list[Difference]


def changes_of(
    rows: Sequence[BoardRow], shown: TestSet, modes: Sequence[TestSet], boards: Mapping[int, Board]
) -> list[TermGain]:
    """Return the differences for those rows of a board whose system is on two modes' boards.

    One system is what came in one submission, or else what its team calls by one name.
    """
    found = {one.mode: _Side(one, boards[one.pk]) for one in modes if one.pk in boards}
    columns = [
        column for column in BY_METRIC.values()
        if column.is_headline and any(column.metric in side.board.scores for side in found.values())
    ]  # fmt: skip
    changes = []
    for row in rows:
        sides = {mode: side for mode, side in found.items() if side.has(row)}
        proper = _differences(sides, PROPER, row, columns)
        random = _differences(sides, RANDOM, row, columns)
        if any(one.value is not None for one in proper + random):
            changes.append(TermGain(row, proper, random))
    proper_used = _used(change.proper for change in changes)
    random_used = _used(change.random for change in changes)
    return [
        TermGain(
            change.row,
            [one for one in change.proper if one.column in proper_used],
            [one for one in change.random if one.column in random_used],
        )
        for change in changes
    ]


def _used(rows: Iterable[list[Difference]]) -> set[Column]:
    """Return the columns in which there is a number."""
    return {one.column for row in rows for one in row if one.value is not None}


class _Side:
    """One mode's board, by system."""

    def __init__(self, test_set: TestSet, board: Board) -> None:
        self.test_set, self.board = test_set, board
        columns = board.columns
        self.by_entry: dict[int, int] = {}
        self.by_submission: dict[int | None, int] = {}
        self.by_name: dict[tuple[int | None, str], int] = {}
        for entry, index in sorted(zip(columns.entry, range(len(board)), strict=True)):
            if columns.kind[index] == Entry.Kind.SYSTEM:
                team = columns.team_id[index]
                self.by_entry[entry] = index
                self.by_submission[columns.submission[index]] = index
                self.by_name[team, columns.system[index]] = index  # the newest of that name

    def index(self, row: BoardRow) -> int | None:
        """Return where a row, or its system, stands here."""
        if row.entry in self.by_entry:
            return self.by_entry[row.entry]
        same_name = self.by_name.get((row.team_id, row.system))
        return self.by_submission.get(row.submission, same_name)

    def has(self, row: BoardRow) -> bool:
        """Say whether the system of a row stands here."""
        return self.index(row) is not None

    def score(self, row: BoardRow, metric: str) -> float | None:
        """Return a score of the system of a row."""
        index, values = self.index(row), self.board.scores.get(metric)
        return None if index is None or values is None else values[index]


def _differences(
    sides: Mapping[str, _Side], mode: str, row: BoardRow, columns: Sequence[Column]
) -> list[Difference]:
    left, right = sides.get(mode), sides.get(NOTERM)
    if left is None or right is None:
        return [Difference(column, None) for column in columns]
    return [Difference(column, _minus(left, right, row, column)) for column in columns]


def _minus(left: _Side, right: _Side, row: BoardRow, column: Column) -> float | None:
    first, second = left.score(row, column.metric), right.score(row, column.metric)
    if first is None or second is None or not _is_comparable(left, right, column):
        return None
    return first - second


def _is_comparable(left: _Side, right: _Side, column: Column) -> bool:
    """Say whether a metric means the same on both boards: the same scorer, the same terms.

    The outputs without terms are scored against the proper ones: about random terms they say
    nothing.
    """
    signatures = [side.board.signatures.get(column.metric, "") for side in (left, right)]
    if scorer_of(signatures[0]) != scorer_of(signatures[1]):
        return False
    if left.test_set.segments != right.test_set.segments:
        return False
    if column.group == Group.QUALITY:
        return True
    is_random = left.test_set.mode == RANDOM
    return not is_random and left.test_set.required_terms == right.test_set.required_terms
