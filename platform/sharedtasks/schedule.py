"""What the pages of a shared task show of its phases to a viewer at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sharedtasks.downloads import CONTENTS, KINDS, SAMPLES, DownloadKind
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import Thing, Viewer, can_see, instant_of

# Without Thing.OUTPUTS: no page shows outputs yet.
REVEALED = {
    Thing.SOURCES: "Sources and terminologies",
    Thing.OWN_SCORES: "A team's own scores, for that team",
    Thing.BOARD: "Leaderboards",
    Thing.TEAM_NAMES: "Names of teams and systems",
    Thing.REFERENCES: "References",
}


PhaseState = Literal["hidden", "ahead", "open", "closed"]  # hidden: only organisers see it


@dataclass(frozen=True, slots=True)
class Reveal:
    """The instant from which something of a phase is shown; `at` None: not announced."""

    at: datetime | None
    is_past: bool


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


def show_phases(viewer: Viewer, phases: Sequence[Phase], now: datetime) -> list[ShownPhase]:
    """Return the phases with what the viewer may see of each."""
    shown = []
    for phase in phases:
        shows_sources = can_see(viewer, Thing.SOURCES, phase, now)
        shown.append(
            ShownPhase(
                phase=phase,
                state=_find_state(phase, now),
                test_sets=list(phase.test_sets.all()),
                shows_sources=shows_sources,
                shows_board=can_see(viewer, Thing.BOARD, phase, now),
                shows_references=can_see(viewer, Thing.REFERENCES, phase, now),
                is_preview=shows_sources and now < phase.opens_at,
            )
        )
    return shown


def _find_state(phase: Phase, now: datetime) -> PhaseState:
    if not phase.is_public:
        return "hidden"
    if now < phase.opens_at:
        return "ahead"
    return "open" if phase.is_open(now) else "closed"


def list_reveals(phases: Sequence[Phase], now: datetime) -> list[tuple[str, list[Reveal]]]:
    """Return the rows of a table: for each thing, the instant at which each phase shows it."""
    rows = []
    for thing, label in REVEALED.items():
        instants = [instant_of(thing, phase) for phase in phases]
        rows.append((label, [Reveal(at, at is not None and at <= now) for at in instants]))
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
