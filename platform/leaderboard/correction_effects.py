"""What a correction changes on a board: scores and places, old beside new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leaderboard.kept_boards import BOARDS
from leaderboard.snapshots import Board, BoardRow
from sharedtasks.models import Correction
from submissions.pipeline.adopting import list_adopted
from submissions.signatures import read_scorer

EQUAL_WITHIN = 1e-9  # scores that differ by less do not differ


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A metric's score of a system on both versions; None: undefined."""

    metric: str
    old: float | None
    new: float | None

    @property
    def difference(self) -> float | None:
        """Return new less old; None if either is undefined, zero if they are equal."""
        if self.old is None or self.new is None:
            return None
        difference = self.new - self.old
        return 0.0 if abs(difference) < EQUAL_WITHIN else difference


@dataclass(frozen=True, slots=True)
class SystemChange:
    """A system that is ranked on one of the versions at least."""

    row: BoardRow  # of the new version if it is there
    old_place: str  # empty: not ranked there
    new_place: str
    old_range: str
    new_range: str
    scores: Sequence[ScoreChange]

    @property
    def climbed(self) -> int:
        """Return how many places it climbs; below zero it falls."""
        if not (self.old_place and self.new_place):
            return 0
        return _read_place(self.old_place) - _read_place(self.new_place)

    @property
    def fell(self) -> int:
        """Return how many places it falls; below zero it climbs."""
        return -self.climbed

    @property
    def is_moved(self) -> bool:
        """Return whether its place changes, or whether it is ranked on one version only."""
        return bool(self.climbed) or bool(self.old_place) != bool(self.new_place)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a correction changes: the ranked systems, the new version's best first."""

    metrics: Sequence[str]  # those of `scores`, in the order of columns
    systems: Sequence[SystemChange]
    are_first_same: bool
    redefined: Sequence[str]  # metrics scored by another version: the files are not all

    @property
    def moved(self) -> int:
        """Return how many systems change their place."""
        return sum(system.is_moved for system in self.systems)

    def describe(self) -> list[str]:
        """Return the summary as sentences."""
        verb = "system changes its place" if self.moved == 1 else "systems change their places"
        same = "The first place stays as it is." if self.are_first_same else "The first changes."
        sentences = [f"{self.moved} of {len(self.systems)} {verb}.", same]
        if self.redefined:
            names = ", ".join(self.redefined)
            sentences.append(
                f"The old scores of {names} are by another version of the metric: a part of the "
                "difference is not of the new files."
            )
        return sentences

    def find_largest(self, metric: str) -> SystemChange | None:
        """Return the system whose score of a metric changes most; None if no score changes."""
        sizes = {
            number: abs(score.difference or 0.0)
            for number, system in enumerate(self.systems)
            for score in system.scores
            if score.metric == metric
        }
        number = max(sizes, key=lambda number: sizes[number], default=None)
        return self.systems[number] if number is not None and sizes[number] else None


def read_effects(correction: Correction, metrics: Sequence[str]) -> Effects | None:
    """Compare the boards of both versions; None while either is not built."""
    boards = BOARDS.read([pk for pk in (correction.test_set_id, correction.successor_id) if pk])
    if len(boards) < 2 or correction.successor_id is None:
        return None
    pairs = list_adopted(correction).values_list("pk", "adopted_from")
    adopted = {pk: original for pk, original in pairs if original is not None}
    old, new = boards[correction.test_set_id], boards[correction.successor_id]
    return compare_boards(old, new, adopted, metrics)


def compare_boards(
    old: Board, new: Board, adopted: Mapping[int, int], metrics: Sequence[str]
) -> Effects:
    """Compare the ranked systems of two versions' boards.

    `adopted` has the entry on the old version by the entry on the new version. Pure: it reads no
    row.
    """
    before = {row.entry: row for row in _list_rows(old)}
    after = {adopted[row.entry]: row for row in _list_rows(new) if row.entry in adopted}
    shown = [metric for metric in metrics if metric in new.signatures or metric in old.signatures]
    systems = [
        _compare(before.get(entry), after.get(entry), shown)
        for entry in [*after, *(before.keys() - after.keys())]
        if any(rows[entry].place for rows in (before, after) if entry in rows)
    ]
    # Those that the new version does not rank come last, as they were.
    systems.sort(key=lambda system: not system.new_place)
    return Effects(
        metrics=shown,
        systems=systems,
        are_first_same=_list_first(before) == _list_first(after),
        redefined=[metric for metric in shown if _is_redefined(metric, old, new)],
    )


def _list_rows(board: Board) -> Iterable[BoardRow]:
    return (board.row(number) for number in range(len(board)))


def _list_first(rows: Mapping[int, BoardRow]) -> set[int]:
    return {entry for entry, row in rows.items() if row.place and _read_place(row.place) == 1}


def _compare(old: BoardRow | None, new: BoardRow | None, metrics: Sequence[str]) -> SystemChange:
    row = new or old
    assert row is not None  # it stands on one of the boards
    return SystemChange(
        row=row,
        old_place=old.place if old else "",
        new_place=new.place if new else "",
        old_range=old.range if old else "",
        new_range=new.range if new else "",
        scores=[
            ScoreChange(
                metric,
                old.scores.get(metric) if old else None,
                new.scores.get(metric) if new else None,
            )
            for metric in metrics
        ],
    )


def _is_redefined(metric: str, old: Board, new: Board) -> bool:
    signatures = [board.signatures[metric] for board in (old, new) if metric in board.signatures]
    return len({read_scorer(signature) for signature in signatures}) > 1


def _read_place(place: str) -> int:
    """Return the number of a place such as `1` or, where it is shared, `1=`."""
    return int(place.removesuffix("="))
