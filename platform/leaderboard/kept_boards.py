"""Snapshots that a process keeps as boards, each until its row in the database has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock

from django.db.models import Case, F, JSONField, Value, When

from leaderboard.models import BoardSnapshot
from leaderboard.snapshots import Board

MAX_ROWS = 50_000  # of all boards that a process keeps
Stamp = tuple[int, datetime]  # a snapshot's version, and when it was built


class KeptBoards:
    """Snapshots as boards, each until its row in the database has changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._boards: OrderedDict[int, tuple[Stamp, Board]] = OrderedDict()

    def read(self, test_sets: Iterable[int]) -> dict[int, Board]:
        """Return the boards that these test sets have now."""
        return {pk: board for pk, (_, board) in self.read_stamped(test_sets).items()}

    def read_stamped(self, test_sets: Iterable[int]) -> dict[int, tuple[Stamp, Board]]:
        """Return them with their stamps, by one query, which reads only what has changed."""
        wanted = set(test_sets)
        with self._lock:
            kept = {pk: self._boards[pk] for pk in wanted if pk in self._boards}
        nothing = Value(None, JSONField())
        is_kept = [
            When(test_set=pk, results_version=version, built_at=built_at, then=nothing)
            for pk, ((version, built_at), _) in kept.items()
        ]
        unless_kept = Case(*is_kept, default=F("body"), output_field=JSONField())
        rows = BoardSnapshot.objects.filter(
            test_set__in=wanted, population=BoardSnapshot.Population.SCORED
        ).values_list("test_set", "results_version", "built_at", "teams", unless_kept)
        read = {
            pk: kept[pk] if body is None else ((version, built_at), Board.from_json(body, teams))
            for pk, version, built_at, teams, body in rows
        }
        self._keep(wanted, read)
        return read

    def _keep(self, wanted: set[int], read: Mapping[int, tuple[Stamp, Board]]) -> None:
        with self._lock:
            for pk in wanted:
                self._boards.pop(pk, None)
            self._boards.update(read)
            rows = sum(len(board) for _, board in self._boards.values())
            while rows > MAX_ROWS:
                _, (_, board) = self._boards.popitem(last=False)
                rows -= len(board)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._boards.clear()


BOARDS = KeptBoards()
