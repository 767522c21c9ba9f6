"""What the pages of a shared task show of its phases to a viewer at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sharedtasks.downloads import CONTENTS, KINDS, SAMPLES, DownloadKind
from sharedtasks.models import DateChange, Phase, TestSet
from sharedtasks.policy import DATE_OF, Thing, Viewer, can_see, instant_of

# Without Thing.OUTPUTS: no page shows outputs yet.
REVEALED = {
    Thing.SOURCES: "Sources and terminologies",
    Thing.OWN_SCORES: "A team's own scores, for that team",
    Thing.BOARD: "Leaderboards",
    Thing.TEAM_NAMES: "Names of teams and systems",
    Thing.REFERENCES: "References",
}


# Hidden: only organisers see it.
PhaseState = Literal["hidden", "ahead", "open", "paused", "closed", "retired"]


@dataclass(frozen=True, slots=True)
class Reveal:
    """The instant from which something of a phase is shown; `at` None: not announced."""

    at: datetime | None
    is_past: bool
    moved_from: datetime | None  # what had been announced before


@dataclass(frozen=True, slots=True)
class ShownPhase:
    """A phase as a viewer sees it now."""

    phase: Phase
    state: PhaseState
    test_sets: list[TestSet]
    shows_sources: bool  # and what can be counted in them
    shows_board: bool  # and what was counted in references
    shows_references: bool
    is_preview: bool  # the viewer sees the sources before the public
    moved: Mapping[str, datetime]  # by name of a date, what had been announced before


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A download that the viewer may have."""

    kind: DownloadKind
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class OfferedFiles:
    """What a viewer may download of a phase: per test set a list for each column."""

    shown: ShownPhase
    rows: list[tuple[TestSet, list[list[OfferedFile]]]]

    @property
    def is_empty(self) -> bool:
        """Return whether there are no files: not made yet, or not shown yet."""
        return not any(files for _, columns in self.rows for files in columns)


def show_phases(
    viewer: Viewer,
    phases: Sequence[Phase],
    now: datetime,
    *,
    moved: Mapping[int, Mapping[str, datetime]] | None = None,
) -> list[ShownPhase]:
    """Return the phases with what the viewer may see of each, and with what `find_moved` says."""
    shown, moved = [], moved or {}
    for phase in phases:
        shows_sources = can_see(viewer, Thing.SOURCES, phase, now)
        shown.append(
            ShownPhase(
                phase=phase,
                state=find_phase_state(phase, now),
                test_sets=list(phase.test_sets.all()),
                shows_sources=shows_sources,
                shows_board=can_see(viewer, Thing.BOARD, phase, now),
                shows_references=can_see(viewer, Thing.REFERENCES, phase, now),
                is_preview=shows_sources and now < phase.opens_at,
                moved=moved.get(phase.pk, {}),
            )
        )
    return shown


def find_phase_state(phase: Phase, now: datetime) -> PhaseState:
    """Return what a phase does now."""
    if not phase.is_public:
        return "hidden"
    if not phase.is_current:
        return "retired"
    if now < phase.opens_at:
        return "ahead"
    if phase.closes_at is not None and phase.closes_at <= now:
        return "closed"
    return "open" if phase.paused_at is None else "paused"


def find_moved(phases: Iterable[Phase]) -> dict[int, dict[str, datetime]]:
    """Return by phase and name of a date what was announced before its last move."""
    moved: dict[int, dict[str, datetime]] = defaultdict(dict)
    for change in DateChange.objects.filter(phase__in=phases).order_by("pk"):
        if change.old is None:  # it had not been announced
            moved[change.phase_id].pop(change.field, None)
        else:
            moved[change.phase_id][change.field] = change.old
    return moved


def list_reveals(shown: Sequence[ShownPhase], now: datetime) -> list[tuple[str, list[Reveal]]]:
    """Return the rows of a table: for each thing, the instant at which each phase shows it."""
    rows = []
    for thing, label in REVEALED.items():
        reveals = []
        for row in shown:
            at = instant_of(thing, row.phase)
            reveals.append(Reveal(at, at is not None and at <= now, row.moved.get(DATE_OF[thing])))
        rows.append((label, reveals))
    return rows


def list_contents(test_sets: Iterable[TestSet]) -> list[str]:
    """Return the columns of the data page; samples only where systems are given them."""
    gives_samples = any(test_set.terminology_mode.gives_samples for test_set in test_sets)
    return [content for content in CONTENTS if gives_samples or content != SAMPLES]


def list_offered_files(
    viewer: Viewer, shown: ShownPhase, now: datetime, contents: Sequence[str]
) -> OfferedFiles:
    """Return the downloads that the viewer may have; the test sets' `downloads` are prefetched."""
    rows = [
        (test_set, _list_files(viewer, test_set, now, contents)) for test_set in shown.test_sets
    ]
    return OfferedFiles(shown, rows)


def _list_files(
    viewer: Viewer, test_set: TestSet, now: datetime, contents: Sequence[str]
) -> list[list[OfferedFile]]:
    files = [
        OfferedFile(KINDS[row.kind], row.file.size)
        for row in test_set.downloads.all()
        # A later version of the platform, since replaced by this, may have had other kinds.
        if row.kind in KINDS and can_see(viewer, KINDS[row.kind].thing, test_set.phase, now)
    ]
    return [[file for file in files if file.kind.holds == content] for content in contents]
