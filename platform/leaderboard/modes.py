"""What terms change: a system's scores in two modes of a language pair, subtracted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evaluator.metrics import METRICS, OTHER_LIST, Group
from leaderboard.snapshots import Board, BoardRow
from sharedtasks.metric_columns import BY_METRIC, Column
from sharedtasks.models import Mode, TestSet
from submissions.models import Entry
from submissions.signatures import read_scorer


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric's difference; None where the two scores do not measure the same."""

    column: Column
    value: float | None
    is_cut_short: bool = False  # a search for either score was


@dataclass(frozen=True, slots=True)
class TermGain:
    """What a system gains in each mode that gives it more than sources."""

    row: BoardRow
    by_mode: list[list[Difference]]  # in the order of TermGains.modes; empty: no differences


@dataclass(frozen=True, slots=True)
class TermGains:
    """What the systems of a board gain in the modes of its language pair."""

    base: Mode | None = None  # systems are given only sources; None: no such test set
    modes: list[Mode] = field(default_factory=list)  # those with which it is compared
    systems: list[TermGain] = field(default_factory=list)

    @property
    def has_random(self) -> bool:
        """Return whether a mode has another list of terms than the base."""
        return any(self.base and mode.list_name != self.base.list_name for mode in self.modes)

    @property
    def gives_samples(self) -> bool:
        """Return whether systems are given samples in a mode."""
        return any(mode.gives_samples for mode in self.modes)

    @property
    def has_cut_short(self) -> bool:
        """Return whether a difference has the mark of a search that was cut short."""
        return any(
            difference.is_cut_short
            for gain in self.systems
            for differences in gain.by_mode
            for difference in differences
        )

    @property
    def headings(self) -> list[tuple[Mode, list[Difference]]]:
        """Return the modes with any differences, each with its columns: those of any system."""
        columns = self.systems[0].by_mode if self.systems else []
        return [(mode, row) for mode, row in zip(self.modes, columns, strict=False) if row]


def list_term_gains(
    rows: Sequence[BoardRow], modes: Sequence[TestSet], boards: Mapping[int, Board]
) -> TermGains:
    """Return the differences for those rows of a board whose system is on two modes' boards.

    `modes` are the same test set in its modes, in their order. Rows are of the same system if
    they came in the same submission, or else if their team calls them by the same name.
    """
    mode_boards = [
        _ModeBoard(test_set, boards[test_set.pk]) for test_set in modes if test_set.pk in boards
    ]
    base = next((side for side in mode_boards if side.mode.is_bare), None)
    if base is None:
        return TermGains()
    others = [side for side in mode_boards if not side.mode.is_bare]
    scored = {metric for side in mode_boards for metric in side.board.scores}
    columns = [
        column for column in BY_METRIC.values() if column.is_headline and column.metric in scored
    ]
    gains = [
        TermGain(row, [_subtract(side, base, row, columns) for side in others]) for row in rows
    ]
    gains = [gain for gain in gains if _find_used(gain.by_mode)]
    used = [_find_used(gain.by_mode[place] for gain in gains) for place in range(len(others))]
    systems = [
        TermGain(
            gain.row,
            [
                [difference for difference in differences if difference.column in columns_used]
                for differences, columns_used in zip(gain.by_mode, used, strict=True)
            ],
        )
        for gain in gains
    ]
    return TermGains(base.mode, [side.mode for side in others], systems)


def _find_used(rows: Iterable[list[Difference]]) -> set[Column]:
    """Return the columns in which there is a number."""
    return {difference.column for row in rows for difference in row if difference.value is not None}


class _ModeBoard:
    """The board of a mode, by system."""

    def __init__(self, test_set: TestSet, board: Board) -> None:
        self.test_set, self.board, self.mode = test_set, board, test_set.terminology_mode
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

    def score(self, row: BoardRow, metric: str) -> float | None:
        """Return a score of the system of a row."""
        index, values = self.index(row), self.board.scores.get(metric)
        return None if index is None or values is None else values[index]

    def is_cut_short(self, row: BoardRow, metric: str) -> bool:
        """Return whether a search for this score was cut short."""
        index = self.index(row)
        if index is None:
            return False
        return metric in self.board.cut_short.get(self.board.columns.entry[index], ())


def _subtract(
    side: _ModeBoard, base: _ModeBoard, row: BoardRow, columns: Sequence[Column]
) -> list[Difference]:
    """Return, by column, a row's scores in a mode minus its scores with only sources."""
    differences = []
    for column in columns:
        value, is_cut_short, metric = None, False, column.metric
        if METRICS[metric].follows_list and side.mode.list_name != base.mode.list_name:
            # Outputs without terms, scored by the list of the mode.
            metric = f"{metric}{OTHER_LIST}{side.mode.list_name}"
        if _is_comparable(side, base, column, metric):
            first, second = side.score(row, column.metric), base.score(row, metric)
            if first is not None and second is not None:
                value = first - second
                marks = side.is_cut_short(row, column.metric), base.is_cut_short(row, metric)
                is_cut_short = any(marks)
        differences.append(Difference(column, value, is_cut_short))
    return differences


def _is_comparable(side: _ModeBoard, base: _ModeBoard, column: Column, metric: str) -> bool:
    """Return whether a metric means the same on both boards: the same scorer, the same terms."""
    if metric not in base.board.scores:
        return False
    signatures = (
        side.board.signatures.get(column.metric, ""), base.board.signatures.get(metric, "")
    )  # fmt: skip
    if read_scorer(signatures[0]) != read_scorer(signatures[1]):
        return False
    if side.test_set.segments != base.test_set.segments:
        return False
    if column.group == Group.QUALITY or metric != column.metric:
        return True
    has_same_list = side.mode.list_name == base.mode.list_name
    return has_same_list and side.test_set.required_terms == base.test_set.required_terms
