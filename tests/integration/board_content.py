"""Reading a built board."""

from __future__ import annotations

from leaderboard.snapshots import Board, BoardRow


def rows(board: Board) -> list[BoardRow]:
    """Return its rows, in their order."""
    return [board.row(index) for index in range(len(board))]


def systems(board: Board) -> list[tuple[str, str]]:
    """Return its systems, each with its place."""
    return [(row.system, row.place) for row in rows(board)]
