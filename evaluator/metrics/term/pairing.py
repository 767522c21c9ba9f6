"""Pairs of two groups with the greatest sum of scores: the assignment problem, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence

UNKNOWN = 1 << 60  # more than any path costs


def best_sum(scores: Sequence[Sequence[int]]) -> int:
    """Return the greatest sum of scores over pairs, each row and each column in at most one pair.

    `scores` are integers ≥ 0 in rows of equal length; no rows or no columns give 0. Takes
    (smaller side)² · larger side steps. Source: the Hungarian method (Kuhn, 1955) with shortest
    augmenting paths (Jonker & Volgenant, 1987).
    """
    if not scores or not scores[0]:
        return 0
    if len(scores) > len(scores[0]):
        scores = list(zip(*scores, strict=True))
    if len(scores) == 1:
        return max(scores[0])
    pairs = _Pairs(scores)
    for row in range(len(scores)):
        pairs.add(row)
    return pairs.total


class _Pairs:
    """Rows join in turn; rows that have a column already may have to change it.

    Costs are scores below zero; prices keep each pair's reduced cost at 0 and all others' ≥ 0.
    Column 0 is nobody's: it stands for the row that is about to join.
    """

    def __init__(self, scores: Sequence[Sequence[int]]) -> None:
        self._scores = scores
        self._columns = range(1, len(scores[0]) + 1)
        self._row_price = [0] * len(scores)
        self._column_price = [0] * (len(scores[0]) + 1)
        self._row_of: list[int | None] = [None] * (len(scores[0]) + 1)

    @property
    def total(self) -> int:
        """The sum of the scores of all pairs."""
        rows = ((column, self._row_of[column]) for column in self._columns)
        return sum(self._scores[row][column - 1] for column, row in rows if row is not None)

    def add(self, row: int) -> None:
        """Pair a further row, along the cheapest path to a free column (Dijkstra's)."""
        self._row_of[0] = row
        cost = [0] + [UNKNOWN] * len(self._columns)  # of the cheapest path to each column
        before = [0] * len(cost)  # the column from which it comes
        visited: list[tuple[int, int]] = []  # with the row that has the column
        others = list(self._columns)
        column = 0
        while (owner := self._row_of[column]) is not None:
            visited.append((column, owner))
            for other in others:
                reduced = -self._scores[owner][other - 1]  # by the prices of both
                path = cost[column] + reduced - self._row_price[owner] - self._column_price[other]
                if path < cost[other]:
                    cost[other], before[other] = path, column
            column = min(others, key=cost.__getitem__)
            others.remove(column)
        for passed, owner in visited:
            self._row_price[owner] += cost[column] - cost[passed]
            self._column_price[passed] -= cost[column] - cost[passed]
        while column:
            self._row_of[column] = self._row_of[before[column]]
            column = before[column]
