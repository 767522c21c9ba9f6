"""What pages with a board are made of: read again after a second, by one thread for all.

A page is made of these facts and of nothing else: to render it takes no query.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from threading import Lock

from django.conf import settings
from django.db.models import Model
from django.urls import reverse

from leaderboard.caching import list_changes
from leaderboard.errata import BoardErrata, find_errata
from leaderboard.kept_boards import BOARDS, Stamp
from leaderboard.models import Release
from leaderboard.one_at_a_time import LocksByKey
from leaderboard.releases.reading import visible_releases
from leaderboard.snapshots import Board
from leaderboard.start import choose_test_sets, read_tasks
from leaderboard.tabs import find_first_board, list_modes
from sharedtasks.access import find_test_set, visible_test_sets
from sharedtasks.errata import list_published
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import VISITOR, Thing, Viewer, can_see
from sharedtasks.states import State

MAX_ADDRESSES = 1000
# No page shows them, and they change with results that a visitor may not see.
UNSEEN = {"results_version", "ranked_version", "build_due_at", "build_begun_at", "is_being_built"}


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What pages with a board are made of, whoever reads and whatever they ask for."""

    tasks: Sequence[SharedTask]  # on the start page; empty: the page of a board
    phases: Sequence[Phase]  # whose instants change the page
    test_sets: Sequence[TestSet]  # of the phase that is shown
    shown: TestSet
    modes: Sequence[TestSet]
    boards: Mapping[int, Board]  # empty while the board is hidden
    errata: BoardErrata
    moment: tuple[bool, ...]  # which of the phases' instants have passed
    digest: str  # differs as soon as anything of it does
    is_public: bool  # read for somebody who may see no more than visitors; other pages are not kept
    release: Release | None  # the newest that is public; none on the start page

    @property
    def board(self) -> Board | None:
        """Return the board that is shown, if it is built and not hidden."""
        return self.boards.get(self.shown.pk)

    @property
    def is_start(self) -> bool:
        """Return whether they are of the start page."""
        return bool(self.tasks)

    @property
    def path(self) -> str:
        """Return the page's address."""
        return reverse("home") if self.is_start else self.shown.get_absolute_url()


class KeptFacts:
    """The facts by address, trusted for a second and never beyond an instant of their phases."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reading = LocksByKey()
        self._facts: OrderedDict[tuple[str, ...], tuple[float, PageFacts]] = OrderedDict()

    def read(self, viewer: Viewer, now: datetime, *address: str) -> PageFacts | None:
        """Return what a board's pages are made of; without an address, the start page.

        None if the viewer may not know of the board, or if the start page has no board to show.
        Organisers, of any shared task, get what is true now: they look at what they have just
        changed.
        """
        if viewer.roles:
            return _read_facts(viewer, now, *address)
        with self._reading.hold(address):
            return self._find(address, now) or self._read_again(viewer, now, *address)

    def _find(self, address: tuple[str, ...], now: datetime) -> PageFacts | None:
        with self._lock:
            read_at, facts = self._facts.get(address, (0.0, None))
        is_fresh = time.monotonic() - read_at < settings.BOARDS_TRUSTED_FOR
        if facts is not None and is_fresh and facts.moment == _passed(facts.phases, now):
            return facts
        return None

    def _read_again(self, viewer: Viewer, now: datetime, *address: str) -> PageFacts | None:
        read_at, facts = time.monotonic(), _read_facts(viewer, now, *address)
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


def _read_facts(viewer: Viewer, now: datetime, *address: str) -> PageFacts | None:
    return _read_board(viewer, now, *address) if address else _read_start(viewer, now)


def _read_start(viewer: Viewer, now: datetime) -> PageFacts | None:
    tasks = read_tasks(viewer)
    phases = [phase for task in tasks for phase in task.phases.all()]
    test_sets = [test_set for phase in phases for test_set in phase.test_sets.all()]
    shown = find_first_board(choose_test_sets(phases, viewer, now))
    if shown is None:
        return None
    return _put_together(viewer, now, shown, test_sets, phases, tasks)


def _read_board(
    viewer: Viewer, now: datetime, task: str, phase: str, test_set: str
) -> PageFacts | None:
    visible = visible_test_sets(viewer)
    known = list(visible.filter(phase__shared_task__slug=task, phase__slug=phase))
    shown = find_test_set(known, test_set)
    if shown is None:
        return None
    test_sets = [row for row in known if row == shown or row.state != State.RETIRED]
    return _put_together(viewer, now, shown, test_sets, [shown.phase])


def _put_together(
    viewer: Viewer,
    now: datetime,
    shown: TestSet,
    test_sets: Sequence[TestSet],
    phases: Sequence[Phase],
    tasks: Sequence[SharedTask] = (),
) -> PageFacts:
    modes = [] if tasks else list_modes(test_sets, shown)
    read: Mapping[int, tuple[Stamp, Board]] = {}
    if can_see(viewer, Thing.BOARD, shown.phase, now):
        read = BOARDS.read_stamped({shown.pk, *(mode.pk for mode in modes)})
    moment = _passed(phases, now)
    errata = find_errata(shown, [] if tasks else list_published(phases))
    above = [phase.shared_task for phase in phases]
    below = [test_set.terminology_mode for test_set in test_sets]
    releases = visible_releases(VISITOR, shown.phase, now).select_related(None)  # not their files
    release = None if tasks else releases.first()
    content = (
        moment,
        shown.pk,
        bool(shown.results_version),
        [list_values(row) for row in (*tasks, *above, *phases, *test_sets, *below, *errata.rows)],
        sorted((pk, stamp) for pk, (stamp, _) in read.items()),
        list_values(release) if release else None,
    )
    return PageFacts(
        tasks=tasks,
        phases=phases,
        test_sets=[test_set for test_set in test_sets if test_set.phase_id == shown.phase_id],
        shown=shown,
        modes=modes,
        boards={pk: board for pk, (_, board) in read.items()},
        errata=errata,
        moment=moment,
        digest=blake2b(repr(content).encode(), digest_size=16).hexdigest(),
        is_public=not viewer.roles,
        release=release,
    )


def list_values(row: Model) -> list[object]:
    """Return the values of a row that a page may show."""
    fields = (field.attname for field in row._meta.concrete_fields)
    return [getattr(row, name) for name in fields if name not in UNSEEN]


def _passed(phases: Iterable[Phase], now: datetime) -> tuple[bool, ...]:
    return tuple(at <= now for phase in phases for at in list_changes(phase))
