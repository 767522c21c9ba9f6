"""Boards that a process keeps: what pages of a board are made of, read again after a second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from threading import Lock

from django.conf import settings
from django.db.models import Case, F, JSONField, Model, Value, When

from leaderboard.caching import list_changes
from leaderboard.models import BoardSnapshot, Release
from leaderboard.releases.reading import visible_releases
from leaderboard.snapshots import Board
from leaderboard.tabs import list_modes
from sharedtasks.access import find_test_set, visible_phases
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import VISITOR, Thing, Viewer, can_see

MAX_ROWS = 50_000  # of all boards that a process keeps
MAX_ADDRESSES = 1000
Stamp = tuple[int, datetime]  # a snapshot's version, and when it was built
# They change with results that a visitor may not see.
COUNTERS = {"results_version", "ranked_version"}


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


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What the pages of a board are made of, whoever reads and whatever they ask for."""

    test_sets: Sequence[TestSet]  # of the phase
    shown: TestSet
    modes: Sequence[TestSet]
    boards: Mapping[int, Board]  # empty while the board is hidden
    moment: tuple[bool, ...]  # which of the phase's instants have passed
    digest: str  # differs as soon as anything of it does
    release: Release | None  # the newest that is public

    @property
    def board(self) -> Board | None:
        """Return the board that is shown, if it is built and not hidden."""
        return self.boards.get(self.shown.pk)


class KeptFacts:
    """The facts by address, trusted for a second and never beyond an instant of the phase."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._facts: OrderedDict[tuple[str, str, str], tuple[float, BoardFacts]] = OrderedDict()

    def read(
        self, viewer: Viewer, task: str, phase: str, test_set: str, now: datetime
    ) -> BoardFacts | None:
        """Return what a board's pages are made of; None if the viewer may not know of the board.

        Organisers, of any shared task, get what is true now: they look at what they have just
        changed, and may see what is kept for nobody else.
        """
        if viewer.roles:
            return _read_facts(viewer, task, phase, test_set, now)
        address = (task, phase, test_set)
        with self._lock:
            read_at, facts = self._facts.get(address, (0.0, None))
        is_fresh = time.monotonic() - read_at < settings.BOARDS_TRUSTED_FOR
        if facts is not None and is_fresh and facts.moment == _passed(facts.shown, now):
            return facts
        read_at, facts = time.monotonic(), _read_facts(viewer, task, phase, test_set, now)
        with self._lock:
            self._facts.pop(address, None)
            if facts is not None:
                self._facts[address] = read_at, facts
            while len(self._facts) > MAX_ADDRESSES:
                self._facts.popitem(last=False)
        return facts

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._facts.clear()


FACTS = KeptFacts()


@dataclass(frozen=True, slots=True)
class Start:
    """What a poll of the start page needs: the page's digest for visitors, and its phases."""

    read_at: float  # by time.monotonic
    until: datetime | None  # the next instant of a phase
    seen: str
    phases: Sequence[Phase]


class KeptStart:
    """The start page as visitors saw it last."""

    def __init__(self) -> None:
        self._start: Start | None = None

    def find(self, now: datetime) -> Start | None:
        """Return it, unless it may be another by now."""
        start = self._start
        if start is None or (start.until is not None and start.until <= now):
            return None
        is_fresh = time.monotonic() - start.read_at < settings.BOARDS_TRUSTED_FOR
        return start if is_fresh else None

    def keep(self, seen: str, phases: Sequence[Phase], *, read_at: float, now: datetime) -> None:
        """Keep it as it was read at an instant."""
        changes = (at for phase in phases for at in list_changes(phase) if at > now)
        self._start = Start(read_at, min(changes, default=None), seen, phases)


START = KeptStart()


def _read_facts(
    viewer: Viewer, task: str, phase: str, test_set: str, now: datetime
) -> BoardFacts | None:
    test_sets = list(
        TestSet.objects.select_related("phase__shared_task", "terminology_mode").filter(
            phase__in=visible_phases(viewer), phase__shared_task__slug=task, phase__slug=phase
        )
    )
    shown = find_test_set(test_sets, test_set)
    if shown is None:
        return None
    modes = list_modes(test_sets, shown)
    read: dict[int, tuple[Stamp, Board]] = {}
    if can_see(viewer, Thing.BOARD, shown.phase, now):
        read = BOARDS.read_stamped({shown.pk, *(mode.pk for mode in modes)})
    moment = _passed(shown, now)
    release = visible_releases(VISITOR, shown.phase, now).first()
    rows = [shown.phase, shown.phase.shared_task, *(t.terminology_mode for t in test_sets)]
    content = (
        moment,
        shown.pk,
        bool(shown.results_version),
        [_list_values(row) for row in [*rows, *test_sets, *([release] if release else [])]],
        sorted((pk, stamp) for pk, (stamp, _) in read.items()),
    )
    digest = blake2b(repr(content).encode(), digest_size=16).hexdigest()
    boards = {pk: board for pk, (_, board) in read.items()}
    return BoardFacts(test_sets, shown, modes, boards, moment, digest, release)


def _list_values(row: Model) -> list[object]:
    fields = (field.attname for field in row._meta.concrete_fields)
    return [getattr(row, name) for name in fields if name not in COUNTERS]


def _passed(test_set: TestSet, now: datetime) -> tuple[bool, ...]:
    return tuple(at <= now for at in list_changes(test_set.phase))
