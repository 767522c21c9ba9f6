"""What an entry's page shows of its runs, to a viewer at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from nodes.models import Run
from nodes.pages.access import may_read_log
from nodes.runs import queue
from nodes.runs.queue import Place
from sharedtasks.policy import Viewer
from submissions.models import Entry
from submissions.states import EntryState

RUNS_SHOWN = 20  # the latest ones
SHOWN_WHILE = (EntryState.WAITING, EntryState.RUNNING)


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run, and whether this viewer may read what it wrote to its log."""

    run: Run
    shows_log: bool

    @property
    def hidden_problems(self) -> int:
        """Return how many problems of its output are only counted."""
        return self.run.problem_count - len(self.run.problems)


@dataclass(frozen=True, slots=True)
class Panel:
    """The runs of an entry."""

    entry: Entry
    place: Place | None  # None: it does not wait
    current: ShownRun | None  # the run that goes on
    ended: Sequence[ShownRun]  # the last run first
    is_organiser: bool

    @property
    def is_live(self) -> bool:
        """Return whether anything of it can change."""
        return self.entry.state in SHOWN_WHILE

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to show."""
        return self.place is None and self.current is None and not self.ended


def of_entry(entry: Entry, viewer: Viewer, now: datetime) -> Panel:
    """Return the runs of an entry, and the smoke runs of its submission for its language pair."""
    # A smoke run is for all entries of the submission and language pair.
    of_siblings = Q(
        purpose=Run.Purpose.SMOKE,
        submission=entry.submission_id,
        source_language=entry.test_set.source_language,
        target_language=entry.test_set.target_language,
    )
    rows = Run.objects.filter(Q(entry=entry) | of_siblings).order_by("-pk")[:RUNS_SHOWN]
    rows = rows.select_related("node", "log", "entry__test_set__phase")
    runs = [ShownRun(run, bool(run.log_id) and may_read_log(viewer, run, now)) for run in rows]
    return Panel(
        entry=entry,
        place=queue.place(entry),
        current=next((shown for shown in runs if shown.run.ended_at is None), None),
        ended=[shown for shown in runs if shown.run.ended_at is not None],
        is_organiser=viewer.has_role(entry.phase.shared_task_id),
    )


def facts(panel: Panel) -> tuple[object, ...]:
    """Return all of a panel that can change."""
    runs = [panel.current, *panel.ended] if panel.current else panel.ended
    return (
        panel.entry.state,
        panel.place,
        [(*shown.run.facts, shown.shows_log) for shown in runs],
    )
