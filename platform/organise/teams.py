"""The teams of a shared task as organisers see them: which wait, and what is known of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from accounts.models import Membership, Team, User
from accounts.names import make_key
from organise.counting import count_rows
from sharedtasks.models import Extension, SharedTask, TeamDecision
from submissions.models import Entry, Submission
from submissions.states import EntryState
from submissions.taking_part import list_organisers_teams, select_participants

MOST_NEW = 50  # teams without a submission, of all on the site


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team that takes part, and what is known of it in the shared task."""

    team: Team
    members: int
    entries: int  # not withdrawn
    scored: int
    primaries: int
    first_at: datetime  # uploads
    last_at: datetime
    organisers: Sequence[User] = ()  # of the shared task, who are members
    alike: Sequence[str] = ()  # names of teams that a reader may take for this one
    extensions: Sequence[Extension] = ()
    decision: TeamDecision | None = None

    @property
    def waits(self) -> bool:
        """Return whether it waits to be verified."""
        return not self.team.is_verified and self.decision is None


@dataclass(frozen=True, slots=True)
class TeamLists:
    """The teams of a shared task: what waits, then what is done."""

    waiting: list[TeamLine] = field(default_factory=list)
    verified: list[TeamLine] = field(default_factory=list)
    decided: list[TeamLine] = field(default_factory=list)  # declined or removed

    @classmethod
    def of(cls, lines: Iterable[TeamLine]) -> TeamLists:
        """Sort lines into the lists; the team that waits longest comes first."""
        lists = cls()
        for line in lines:
            if line.decision is not None:
                lists.decided.append(line)
            elif line.team.is_verified:
                lists.verified.append(line)
            else:
                lists.waiting.append(line)
        lists.waiting.sort(key=lambda line: line.first_at)
        return lists


def list_teams(task: SharedTask) -> list[TeamLine]:
    """Return all teams that take part, by name, with four queries."""
    rows = list(_with_counts(task).order_by("name"))
    organisers = list_organisers_teams(task)
    alike = find_alike(rows)
    extensions: dict[int, list[Extension]] = defaultdict(list)
    for granted in Extension.objects.filter(phase__shared_task=task).select_related("phase"):
        extensions[granted.team_id].append(granted)
    decisions = {row.team_id: row for row in task.team_decisions.select_related("by")}
    return [
        TeamLine(
            team=row,
            members=row.members_count,  # type: ignore[attr-defined]  # of `_with_counts`
            entries=row.entries_count,  # type: ignore[attr-defined]
            scored=row.scored_count,  # type: ignore[attr-defined]
            primaries=row.primaries_count,  # type: ignore[attr-defined]
            first_at=row.first_at,  # type: ignore[attr-defined]
            last_at=row.last_at,  # type: ignore[attr-defined]
            organisers=organisers.get(row, ()),
            alike=alike.get(row.pk, ()),
            extensions=extensions.get(row.pk, ()),
            decision=decisions.get(row.pk),
        )
        for row in rows
    ]


def select_new_teams() -> QuerySet[Team]:
    """Return the teams that wait to be verified and have sent nothing to any shared task."""
    new = Team.objects.filter(submissions=None, is_verified=False, is_organisers=False)
    return new.annotate(members_count=Count("membership")).order_by("-created_at")


def find_alike(teams: Sequence[Team]) -> dict[int, list[str]]:
    """Return for each team the names that differ in spaces, case or marks only, or look like it."""
    groups: dict[str, list[Team]] = defaultdict(list)
    for team in teams:
        groups["".join(filter(str.isalnum, make_key(team.name))) or team.name].append(team)
    return {
        team.pk: [other.name for other in group if other != team]
        for group in groups.values()
        if len(group) > 1
        for team in group
    }


def _with_counts(task: SharedTask) -> QuerySet[Team]:
    sent = Submission.objects.filter(phase__shared_task=task, team=OuterRef("pk")).order_by()
    by_team = sent.values("team")
    entries = Entry.objects.filter(
        test_set__phase__shared_task=task, team=OuterRef("pk"), withdrawn_at=None
    )
    scored = entries.filter(state=EntryState.SCORED)
    return select_participants(task).annotate(
        first_at=Subquery(by_team.annotate(at=Min("created_at")).values("at")),
        last_at=Subquery(by_team.annotate(at=Max("created_at")).values("at")),
        members_count=count_rows(Membership.objects.filter(team=OuterRef("pk")), "team"),
        entries_count=count_rows(entries, "team"),
        scored_count=count_rows(scored, "team"),
        primaries_count=count_rows(scored.filter(is_primary=True), "team"),
    )


def find_manageable(task: SharedTask, *, is_changing: bool) -> QuerySet[Team]:
    """Return the teams that a role in the shared task may look at, or act on.

    Teams that have sent nothing yet are shown to those who verify teams.
    """
    of_task = Q(pk__in=select_participants(task).values("pk"))
    return Team.objects.filter(
        of_task | Q(pk__in=select_new_teams().values("pk")) if is_changing else of_task
    )
