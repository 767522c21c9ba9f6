"""Entries with invented scores, made in bulk: for boards of any size, without scoring anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.models import Team, User
from leaderboard import boards
from sharedtasks.metric_columns import COLUMNS
from sharedtasks.models import TestSet
from submissions.models import Entry, Score, Submission

METRICS = [column.metric for column in COLUMNS]


@dataclass(frozen=True)
class Made:
    """One entry to be."""

    team: Team
    system: str
    value: float | Mapping[str, float] = 50.0  # of every metric, or by metric
    is_primary: bool = False
    is_constrained: bool = True
    kind: str = "system"
    description: str = ""

    @property
    def values(self) -> Mapping[str, float]:
        """Return its score by metric."""
        if isinstance(self.value, Mapping):
            return self.value
        return dict.fromkeys(METRICS, self.value)


def fill(test_set: TestSet, member: User, rows: Sequence[Made]) -> list[Entry]:
    """Make scored entries in the order given, and the board of them."""
    submissions = Submission.objects.bulk_create(
        Submission(
            team=row.team,
            member=member,
            phase=test_set.phase,
            system=row.system,
            description=row.description,
            is_constrained=row.is_constrained,
            state="accepted",
        )
        for row in rows
    )
    entries = Entry.objects.bulk_create(
        Entry(
            kind=row.kind,
            submission=submission,
            team=row.team,
            test_set=test_set,
            system=row.system,
            is_primary=row.is_primary,
            hypotheses=test_set.source_file,
            state="scored",
        )
        for row, submission in zip(rows, submissions, strict=True)
    )
    Score.objects.bulk_create(
        Score(
            entry=entry,
            metric=metric,
            value=value,
            signature=f"scorer:{metric}|v:1|testset:{test_set.pk}",
        )
        for row, entry in zip(rows, entries, strict=True)
        for metric, value in row.values.items()
    )
    build(test_set)
    return entries


def many(
    test_set: TestSet, member: User, count: int, *, metrics: Sequence[str] = METRICS
) -> list[Entry]:
    """Fill a board with `count` entries, each fifth a primary of a team of its own; best first."""
    names = [f"{test_set.pk}-{number}" for number in range((count + 4) // 5)]
    teams = Team.objects.bulk_create(
        Team(name=f"Team {name}", slug=f"team-{name}", is_verified=True) for name in names
    )
    return fill(
        test_set,
        member,
        [
            Made(
                teams[number // 5],
                f"System {number}",
                # Every digit counts, as in real scores.
                value=dict.fromkeys(metrics, 90 - number / 97 - 1 / 3),
                is_primary=number % 5 == 0,
                is_constrained=number % 2 == 0,
            )
            for number in range(count)
        ],
    )


def build(test_set: TestSet) -> None:
    """Build the board from what is there."""
    version = TestSet.objects.get(pk=test_set.pk).results_version + 1
    TestSet.objects.filter(pk=test_set.pk).update(results_version=version)
    boards.rebuild(test_set.pk)
