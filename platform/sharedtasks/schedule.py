"""What the pages of a shared task show of its phases, to one viewer at one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sharedtasks.downloads import CONTENTS, KINDS, DownloadKind
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
    """From when on something of a phase is shown; `at` None: not announced."""

    at: datetime | None
    is_past: bool


@dataclass(frozen=True, slots=True)
class ShownPhase:
    """A phase as one viewer sees it now."""

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
    """What a viewer may download of a phase: per test set a list for each of CONTENTS."""

    shown: ShownPhase
    rows: list[tuple[TestSet, list[list[OfferedFile]]]]

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing: not made yet, or not shown yet."""
        return not any(files for _, columns in self.rows for files in columns)


def shown_phases(viewer: Viewer, phases: Sequence[Phase], now: datetime) -> list[ShownPhase]:
    """Return the phases with what the viewer may see of each."""
    return [_shown(viewer, phase, now) for phase in phases]


def _shown(viewer: Viewer, phase: Phase, now: datetime) -> ShownPhase:
    is_ahead = now < phase.opens_at
    return ShownPhase(
        phase=phase,
        state=_state(phase, now),
        test_sets=list(phase.test_sets.all()),
        shows_sources=can_see(viewer, Thing.SOURCES, phase, now),
        shows_board=can_see(viewer, Thing.BOARD, phase, now),
        shows_references=can_see(viewer, Thing.REFERENCES, phase, now),
        is_preview=is_ahead and can_see(viewer, Thing.SOURCES, phase, now),
    )


def _state(phase: Phase, now: datetime) -> PhaseState:
    if not phase.is_public:
        return "hidden"
    if now < phase.opens_at:
        return "ahead"
    return "open" if phase.is_open(now) else "closed"


def reveals(phases: Sequence[Phase], now: datetime) -> list[tuple[str, list[Reveal]]]:
    """Return, thing by thing, from when on each phase shows it: a table's rows."""
    return [
        (label, [_reveal(instant_of(thing, phase), now) for phase in phases])
        for thing, label in REVEALED.items()
    ]


def _reveal(at: datetime | None, now: datetime) -> Reveal:
    return Reveal(at, at is not None and at <= now)


def offered_files(viewer: Viewer, shown: ShownPhase, now: datetime) -> OfferedFiles:
    """Return the downloads that the viewer may have; the test sets' `downloads` are prefetched."""
    return OfferedFiles(shown, [(one, _offered(viewer, one, now)) for one in shown.test_sets])


def _offered(viewer: Viewer, test_set: TestSet, now: datetime) -> list[list[OfferedFile]]:
    files = [
        OfferedFile(KINDS[row.kind], row.file.size)
        for row in test_set.downloads.all()
        # A later version, since put back, may have had other kinds.
        if row.kind in KINDS and can_see(viewer, KINDS[row.kind].thing, test_set.phase, now)
    ]
    return [[file for file in files if file.kind.holds == content] for content in CONTENTS]
