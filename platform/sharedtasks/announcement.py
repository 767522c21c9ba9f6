"""What an announcement makes public: at once, later on its date, and what it leaves hidden."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils.text import get_text_list

from sharedtasks.downloads import KINDS
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import Thing, instant_of
from sharedtasks.states import Announceable, State

THINGS = {
    Thing.SOURCES: "sources and terminologies",
    Thing.REFERENCES: "references",
    Thing.BOARD: "leaderboard",
    Thing.TEAM_NAMES: "names of teams and systems",
    Thing.OUTPUTS: "outputs of all teams",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing that becomes public, and the files that it has."""

    label: str
    is_delicate: bool = False  # references: pages write them in bold
    files: int = 0
    size: int = 0  # bytes
    count: int = 1  # of test sets or phases that have it

    def __str__(self) -> str:
        counted = self.label if self.count == 1 else f"{self.label} of {self.count} test sets"
        if not self.files:
            return counted
        files = "1 file" if self.files == 1 else f"{self.files} files"
        return f"{counted} ({files}, {filesizeformat(self.size)})"


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is public from an instant on."""

    at: datetime
    things: list[Shown]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a shared task that can be announced by itself, and what that would show."""

    row: Announceable
    key: str  # in the form: task, phase-3, test-set-12
    is_chosen: bool
    now: list[Shown] = field(default_factory=list)
    later: list[Revealed] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)  # things without a date

    @property
    def is_test_set(self) -> bool:
        """Return whether it is a test set; pages list it below its phase."""
        return isinstance(self.row, TestSet)

    @property
    def label(self) -> str:
        """Return its name among the parts of the shared task."""
        if isinstance(self.row, TestSet):
            return self.row.slug
        return self.row.name if isinstance(self.row, Phase) else "The task"

    @property
    def is_draft(self) -> bool:
        """Return whether it can be announced."""
        return self.row.state == State.DRAFT


@dataclass(frozen=True, slots=True)
class Announcement:
    """A choice of parts, and all that it makes public."""

    task: SharedTask
    parts: list[Part]

    @property
    def chosen(self) -> list[Part]:
        """Return the drafts that are to be announced."""
        return [part for part in self.parts if part.is_chosen]

    @property
    def drafts(self) -> list[Part]:
        """Return the parts that can be announced."""
        return [part for part in self.parts if part.is_draft]

    @property
    def names(self) -> str:
        """Return what is to be announced, for a button: `the task, Development and 7 test sets`."""
        names = [part.label for part in self.chosen if not part.is_test_set]
        test_sets = sum(part.is_test_set for part in self.chosen)
        if test_sets:
            names.append("1 test set" if test_sets == 1 else f"{test_sets} test sets")
        return get_text_list([name.replace("The task", "the task") for name in names], "and")

    @property
    def now(self) -> list[Shown]:
        """Return all that is public the moment it is announced."""
        return _add_up(thing for part in self.chosen for thing in part.now)

    @property
    def later(self) -> list[Revealed]:
        """Return all that is public later, by date."""
        revealed = [row for part in self.chosen for row in part.later]
        return [
            Revealed(at, _add_up(thing for row in revealed if row.at == at for thing in row.things))
            for at in sorted({row.at for row in revealed})
        ]

    @property
    def files_now(self) -> int:
        """Return how many files can be downloaded at once."""
        return sum(thing.files for thing in self.now)


def plan_announcement(
    task: SharedTask, phases: Sequence[Phase], chosen: Collection[str], now: datetime
) -> Announcement:
    """Return what announcing the chosen parts shows. `phases` have their test sets and files."""
    parts = [_describe_task(task, chosen)]
    for phase in phases:
        parts.append(_describe_phase(phase, chosen))
        test_sets = [row for row in phase.test_sets.all() if not row.is_correction]
        parts += [_describe_test_set(row, chosen, now) for row in test_sets]
    return Announcement(task, parts)


def choose_usual(task: SharedTask, phases: Sequence[Phase], now: datetime) -> set[str]:
    """Return what is ticked before anybody chooses: the shared task, and the next draft phase.

    Phases after that one stay drafts, however near their dates are.
    """
    chosen = {make_key(task)} if task.state == State.DRAFT else set()
    drafts = [phase for phase in phases if phase.state == State.DRAFT]
    coming = [phase for phase in drafts if phase.closes_at is None or phase.closes_at > now]
    following = next(iter(coming or drafts), None)
    for phase in phases:
        if phase == following or (following is None and phase.is_current):
            test_sets = [row for row in phase.test_sets.all() if not row.is_correction]
            rows: list[Announceable] = [phase, *test_sets]
            chosen |= {make_key(row) for row in rows if row.state == State.DRAFT}
    return chosen


def make_key(row: Announceable) -> str:
    """Return the name of a part in the form."""
    if isinstance(row, SharedTask):
        return "task"
    return f"{'phase' if isinstance(row, Phase) else 'test-set'}-{row.pk}"


def _describe_task(task: SharedTask, chosen: Collection[str]) -> Part:
    shown = [Shown("name, summary, description, rules and contact")]
    return _make_part(task, chosen, now=shown)


def _describe_phase(phase: Phase, chosen: Collection[str]) -> Part:
    return _make_part(phase, chosen, now=[Shown("name, dates and what it takes")])


def _describe_test_set(test_set: TestSet, chosen: Collection[str], now: datetime) -> Part:
    """Return the part. The dates of its phase say when each thing of it is shown."""
    shown, hidden = [Shown("languages, domain and mode")], []
    later: dict[datetime, list[Shown]] = defaultdict(list)
    for thing in THINGS:
        at = instant_of(thing, test_set.phase)
        row = _count_files(test_set, thing)
        if at is None:
            hidden.append(row.label)
        elif at <= now:
            shown.append(row)
        else:
            later[at].append(row)
    later_in_order = [Revealed(at, things) for at, things in sorted(later.items())]
    return _make_part(test_set, chosen, now=shown, later=later_in_order, hidden=hidden)


def _make_part(
    row: Announceable,
    chosen: Collection[str],
    *,
    now: list[Shown],
    later: list[Revealed] | None = None,
    hidden: list[str] | None = None,
) -> Part:
    """Return the part; what stays a draft shows nothing, now or later."""
    key = make_key(row)
    if key not in chosen or row.state != State.DRAFT:
        return Part(row, key, is_chosen=False)
    return Part(row, key, True, now, later or [], hidden or [])


def _count_files(test_set: TestSet, thing: Thing) -> Shown:
    files = [
        download.file
        for download in test_set.downloads.all()
        if download.kind in KINDS and KINDS[download.kind].thing == thing
    ]
    label, size = THINGS[thing], sum(file.size for file in files)
    return Shown(label, thing == Thing.REFERENCES, len(files), size)


def _add_up(things: Iterator[Shown]) -> list[Shown]:
    """Return each kind of thing once, with all its files."""
    sums: dict[str, Shown] = {}
    for thing in things:
        known = sums.get(thing.label, replace(thing, files=0, size=0, count=0))
        sums[thing.label] = replace(
            known,
            files=known.files + thing.files,
            size=known.size + thing.size,
            count=known.count + 1,
        )
    return list(sums.values())
