"""Systems whose success without terms lies implausibly far above the other systems'.

Systems without terms still render some of them. A system far above all others was probably given
the terms, or its file is of another mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from leaderboard.snapshots import BASELINE, Board
from sharedtasks.models import Mode
from submissions.models import Entry

METRIC = "term-success"
MIN_OTHERS = 4  # teams beside the system's; with fewer nothing is said
MIN_GAP = 20.0  # points above the others' median
# Median absolute deviations above it: the others may differ a lot among themselves.
MIN_DEVIATIONS = 5.0


@dataclass(frozen=True, slots=True)
class ImplausibleSystem:
    """A system with its score, and the others' median."""

    team: str
    system: str
    value: float
    others: float

    def __str__(self) -> str:
        """Return a sentence for organisers."""
        name = self.system if self.system == self.team else f"{self.system} ({self.team})"
        return (
            f"{name} has a term success of {self.value:.1f} without being given terms; the median "
            f"of the other teams is {self.others:.1f}. Check whether its output was made with "
            "terms, or belongs to another mode."
        )


def find_implausible(board: Board, mode: Mode) -> list[ImplausibleSystem]:
    """Return these systems of a board, best first; none in a mode that gives terms or samples.

    Of each other team its best system counts, so that variants of a system do not excuse each
    other.
    """
    values = board.scores.get(METRIC)
    if not mode.is_bare or values is None:
        return []
    best: dict[int, float] = {}
    for team, _, value in _list_systems(board, values):
        best[team] = max(value, best.get(team, value))
    implausible = []
    for team, system, value in _list_systems(board, values):
        others = [other for key, other in best.items() if key != team]
        if len(others) < MIN_OTHERS:
            continue
        middle = median(others)
        deviation = median(abs(other - middle) for other in others)
        if value > middle + max(MIN_GAP, MIN_DEVIATIONS * deviation):
            implausible.append(ImplausibleSystem(board.teams[team].name, system, value, middle))
    return sorted(implausible, key=lambda row: -row.value)


def _list_systems(board: Board, values: list[float | None]) -> Iterator[tuple[int, str, float]]:
    """Yield team, system and score of each system with a score, baselines too."""
    columns = board.columns
    for index, kind in enumerate(columns.kind):
        team, value = columns.team_id[index], values[index]
        if kind in (Entry.Kind.SYSTEM, BASELINE) and team is not None and value is not None:
            yield team, columns.system[index], value
