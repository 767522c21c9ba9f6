"""What terms change: a system's scores in two modes of a language pair, subtracted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluator.metrics import Group
from leaderboard.snapshots import Board, BoardRow
from sharedtasks.metric_columns import BY_METRIC, Column
from sharedtasks.models import TestSet
from submissions.models import Entry
from submissions.signatures import read_scorer

PROPER, NOTERM, RANDOM = TestSet.Mode.PROPER, TestSet.Mode.NOTERM, TestSet.Mode.RANDOM


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric's difference; None where the two scores do not measure the same."""

    column: Column
    value: float | None


@dataclass(frozen=True, slots=True)
class TermGain:
    """What a system gains by proper terms, and by random ones, over none."""

    row: BoardRow
    proper: list[Difference]
    random: list[Difference]


def list_term_gains(
    rows: Sequence[BoardRow], modes: Sequence[TestSet], boards: Mapping[int, Board]
) -> list[TermGain]:
    """Return the differences for those rows of a board whose system is on two modes' boards.

    Rows are of the same system if they came in the same submission, or else if their team calls
    them by the same name.
    """
    mode_boards = {
        test_set.mode: _ModeBoard(test_set, boards[test_set.pk])
        for test_set in modes
        if test_set.pk in boards
    }
    scored = {metric for mode_board in mode_boards.values() for metric in mode_board.board.scores}
    columns = [
        column for column in BY_METRIC.values() if column.is_headline and column.metric in scored
    ]
    gains = []
    for row in rows:
        sides = {mode: side for mode, side in mode_boards.items() if side.has(row)}
        proper = _subtract(sides, PROPER, row, columns)
        random = _subtract(sides, RANDOM, row, columns)
        if any(difference.value is not None for difference in proper + random):
            gains.append(TermGain(row, proper, random))
    used_by_proper = _find_used(gain.proper for gain in gains)
    used_by_random = _find_used(gain.random for gain in gains)
    return [
        TermGain(
            gain.row,
            [difference for difference in gain.proper if difference.column in used_by_proper],
            [difference for difference in gain.random if difference.column in used_by_random],
        )
        for gain in gains
    ]


def _find_used(rows: Iterable[list[Difference]]) -> set[Column]:
    """Return the columns in which there is a number."""
    return {difference.column for row in rows for difference in row if difference.value is not None}


class _ModeBoard:
    """The board of a mode, by system."""

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
        """Return the index of a row, or of its system, on this board."""
        if row.entry in self.by_entry:
            return self.by_entry[row.entry]
        same_name = self.by_name.get((row.team_id, row.system))
        return self.by_submission.get(row.submission, same_name)

    def has(self, row: BoardRow) -> bool:
        """Return whether the system of a row is on this board."""
        return self.index(row) is not None

    def score(self, row: BoardRow, metric: str) -> float | None:
        """Return a score of the system of a row."""
        index, values = self.index(row), self.board.scores.get(metric)
        return None if index is None or values is None else values[index]


def _subtract(
    sides: Mapping[str, _ModeBoard], mode: str, row: BoardRow, columns: Sequence[Column]
) -> list[Difference]:
    """Return, by column, a row's scores in a mode minus its scores without terms."""
    left, right = sides.get(mode), sides.get(NOTERM)
    differences = []
    for column in columns:
        value = None
        if left is not None and right is not None and _is_comparable(left, right, column):
            first, second = left.score(row, column.metric), right.score(row, column.metric)
            value = None if first is None or second is None else first - second
        differences.append(Difference(column, value))
    return differences


def _is_comparable(left: _ModeBoard, right: _ModeBoard, column: Column) -> bool:
    """Return whether a metric means the same on both boards: the same scorer, the same terms.

    Outputs that were made without terms are scored against the proper terms. So they cannot be
    compared with outputs for random terms.
    """
    signatures = [side.board.signatures.get(column.metric, "") for side in (left, right)]
    if read_scorer(signatures[0]) != read_scorer(signatures[1]):
        return False
    if left.test_set.segments != right.test_set.segments:
        return False
    if column.group == Group.QUALITY:
        return True
    is_random = left.test_set.mode == RANDOM
    return not is_random and left.test_set.required_terms == right.test_set.required_terms
