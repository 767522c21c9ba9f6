"""From upload to rank: what became of the files of each test set of a phase.

Each file has one fate, so the numbers add up: uploaded − refused = checked; checked − failed −
other losses − unfinished = scored; scored − excluded − contrastive − baselines − unverified =
ranked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import add

from organise.counting import EntryGroup
from sharedtasks.models import TestSet
from submissions.states import EntryState

BAR = 320  # units of the longest bar


class Fate(StrEnum):
    """What became of a file, or of a system on a test set; the value stands on pages."""

    REFUSED = "refused"
    FAILED = "failed"  # our side
    REJECTED = "rejected"  # the team's fault
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    UNFINISHED = "unfinished"
    EXCLUDED = "excluded"  # by the organisers
    CONTRASTIVE = "contrastive"
    BASELINE = "baseline"  # of the organisers
    UNVERIFIED = "of unverified teams"
    RANKED = "ranked"


UNSCORED = frozenset({Fate.FAILED, Fate.REJECTED, Fate.CANCELLED, Fate.WITHDRAWN, Fate.UNFINISHED})
# What names the rest of a line, the most urgent first.
LOSSES = [Fate.FAILED, Fate.REFUSED, Fate.REJECTED, Fate.UNFINISHED, Fate.CANCELLED, Fate.WITHDRAWN]
LOSSES += [Fate.EXCLUDED, Fate.CONTRASTIVE, Fate.BASELINE, Fate.UNVERIFIED]
OF_STATE = {
    EntryState.WAITING: Fate.UNFINISHED,
    EntryState.RUNNING: Fate.UNFINISHED,
    EntryState.SCORING: Fate.UNFINISHED,
    EntryState.FAILED: Fate.FAILED,
    EntryState.REJECTED: Fate.REJECTED,
    EntryState.CANCELLED: Fate.CANCELLED,
}
NO_TEST_SET = "no test set"  # the line of refused files whose names tell none


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many files of a test set came how far."""

    label: str
    fates: Mapping[Fate, int]
    longest: int = 0  # uploaded files of the largest test set, whose bar is the longest

    @property
    def uploaded(self) -> int:
        """Return how many files arrived; an image counts for each of its test sets."""
        return sum(self.fates.values())

    @property
    def checked(self) -> int:
        """Return how many fit their test set."""
        return self.uploaded - self.fates.get(Fate.REFUSED, 0)

    @property
    def scored(self) -> int:
        """Return how many have scores that boards show."""
        return self.checked - sum(self.fates.get(fate, 0) for fate in UNSCORED)

    @property
    def ranked(self) -> int:
        """Return how many take part in the ranking."""
        return self.fates.get(Fate.RANKED, 0)

    @property
    def losses(self) -> list[tuple[Fate, int]]:
        """Return why the others are not ranked."""
        return [(fate, self.fates[fate]) for fate in LOSSES if self.fates.get(fate)]

    @property
    def bars(self) -> list[tuple[str, int]]:
        """Return the widths of the bars that lie on each other, the longest first."""
        names = ("uploaded", "checked", "scored", "ranked")
        return [(name, BAR * getattr(self, name) // self.longest) for name in names]


def build_funnels(
    test_sets: Iterable[TestSet], groups: Iterable[EntryGroup], *, refused: Mapping[int | None, int]
) -> list[Funnel]:
    """Return a line for each test set of a phase, and one for refused files of no test set.

    `refused` has the number of refused files by test set; None stands for those of no test set.
    """
    rows = list(test_sets)
    fates: dict[int | None, Counter[Fate]] = {row.pk: Counter() for row in rows}
    for group in groups:
        if group.test_set in fates:
            fates[group.test_set][find_fate(group)] += group.size
    if refused.get(None):
        fates[None] = Counter()
    for test_set, own in fates.items():
        own[Fate.REFUSED] += refused.get(test_set, 0)
    longest = max((own.total() for own in fates.values()), default=0)
    labels: dict[int | None, str] = {row.pk: row.slug for row in rows} | {None: NO_TEST_SET}
    return [Funnel(labels[pk], own, longest) for pk, own in fates.items()]


def sum_up(funnels: Sequence[Funnel]) -> Funnel:
    """Return the last line of the table."""
    return Funnel("All", reduce(add, (Counter(funnel.fates) for funnel in funnels), Counter()))


def find_fate(group: EntryGroup) -> Fate:
    """Return what became of the entries of a group."""
    if group.is_withdrawn:
        return Fate.WITHDRAWN
    if group.state != EntryState.SCORED:
        return OF_STATE[EntryState(group.state)]
    if group.is_excluded:
        return Fate.EXCLUDED
    if group.is_organisers:
        return Fate.BASELINE
    if not group.is_primary:
        return Fate.CONTRASTIVE
    return Fate.RANKED if group.is_verified else Fate.UNVERIFIED
