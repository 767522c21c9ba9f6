"""Reading a built board."""

from __future__ import annotations

from leaderboard.content import Board, Row


def rows(board: Board) -> list[Row]:
    """Return its rows, in their order."""
    return [board.row(index) for index in range(len(board))]


def systems(board: Board) -> list[tuple[str, float | None]]:
    """Return its systems, each with its rank."""
    return [(row.system, row.rank) for row in rows(board)]
