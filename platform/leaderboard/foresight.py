"""Where systems would stand if some left a board, or came back to it."""

from __future__ import annotations

from collections.abc import Collection

from leaderboard.places import find_standings
from leaderboard.snapshots import EXCLUDED, NOBODY, Board
from submissions.models import Entry


def foresee_places(
    board: Board, *, leaving: Collection[int] = (), coming: Collection[int] = ()
) -> dict[int, str]:
    """Return the place of each ranked entry without `leaving`, and with excluded `coming`."""
    columns = board.columns
    by_metric = {metric: board.scores.get(metric) for metric in board.order}
    scores: dict[int, dict[str, float]] = {}
    ranked: set[int] = set()
    for index, entry in enumerate(columns.entry):
        is_back = columns.kind[index] == EXCLUDED and entry in coming
        if entry in leaving or not (is_back or columns.kind[index] == Entry.Kind.SYSTEM):
            continue
        own = {metric: values[index] for metric, values in by_metric.items() if values}
        scores[entry] = {metric: value for metric, value in own.items() if value is not None}
        team = board.teams.get(columns.team_id[index] or 0, NOBODY)
        if columns.is_primary[index] and team.is_verified and not team.is_organisers:
            ranked.add(entry)
    standings = find_standings(scores, ranked, board.order)
    return {entry: standing.place for entry, standing in standings.items() if standing.place}
