"""Who may see what, and when.

Every page, download, export and feed asks `can_see`. No other code reads a phase's instants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.db.models import TextChoices


class Thing(StrEnum):
    """What can be under embargo in a phase."""

    SOURCES = "sources"  # source segments, terms that systems are given
    OWN_SCORES = "own_scores"  # scores of the viewer's own team
    BOARD = "board"  # the ranked scores of everybody
    TEAM_NAMES = "team_names"  # teams, systems, descriptions
    OUTPUTS = "outputs"  # what the systems wrote, segment by segment
    REFERENCES = "references"  # and everything derived from them
    LOGS = "logs"  # of runs on the test set


class Role(TextChoices):
    """What an organiser may do in a shared task: what the roles above it may, and more."""

    OBSERVER = "observer"  # reads everything; references only if the owners say so
    ORGANISER = "organiser"  # changes the shared task
    OWNER = "owner"  # gives roles, announces, retires and publishes

    def includes(self, least: Role) -> bool:
        """Return whether it may do all that another role may."""
        order = list(Role)
        return order.index(self) >= order.index(least)


class Embargo(Protocol):
    """A phase's instants; None means "not before it is set"."""

    @property
    def is_public(self) -> bool: ...

    shared_task_id: int
    own_scores_verified_only: bool
    opens_at: datetime
    own_scores_at: datetime | None
    board_at: datetime | None
    team_names_at: datetime | None
    outputs_at: datetime | None
    references_at: datetime | None
    logs_at: datetime | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """The reader: a visitor, a member of teams, or an organiser of shared tasks.

    Roles and references go by the number of the shared task. A role in one shared task says nothing
    of another.
    """

    teams: frozenset[int] = field(default_factory=frozenset)
    verified_teams: frozenset[int] = field(default_factory=frozenset)  # of them
    roles: Mapping[int, Role] = field(default_factory=dict, hash=False)
    shown_references: frozenset[int] = field(default_factory=frozenset)  # to this observer

    def has_role(self, task: int, least: Role = Role.OBSERVER) -> bool:
        """Return whether the reader has at least this role in a shared task."""
        role = self.roles.get(task)
        return role is not None and role.includes(least)

    def reads_references(self, task: int) -> bool:
        """Return whether the reader's role in a shared task opens its references."""
        return self.has_role(task, Role.ORGANISER) or (
            self.has_role(task) and task in self.shown_references
        )


VISITOR = Viewer()

# The column of a phase that holds the instant of each thing.
DATE_OF = {
    Thing.SOURCES: "opens_at",
    Thing.OWN_SCORES: "own_scores_at",
    Thing.BOARD: "board_at",
    Thing.TEAM_NAMES: "team_names_at",
    Thing.OUTPUTS: "outputs_at",
    Thing.REFERENCES: "references_at",
    Thing.LOGS: "logs_at",
}

# What a team sees of its own things without waiting for the public.
_OWN = frozenset({Thing.TEAM_NAMES, Thing.OUTPUTS})
# What only the team itself and the organisers of its shared task ever see.
_ONLY_OWN = frozenset({Thing.OWN_SCORES, Thing.LOGS})


def can_see(
    viewer: Viewer, thing: Thing, phase: Embargo, now: datetime, *, team: int | None = None
) -> bool:
    """Return whether a viewer may see a thing of a phase at an instant.

    `team` is the team that the thing belongs to; None for a thing without a team, such as a
    board. Own scores and logs are for that team only. Names and outputs are never hidden from
    that team. Nothing of a phase is seen before it is announced, except by the roles of its own
    shared task.
    """
    task = phase.shared_task_id
    if viewer.has_role(task) and (thing != Thing.REFERENCES or viewer.reads_references(task)):
        return True
    if not phase.is_public:
        return False
    is_own = team is not None and team in viewer.teams
    if thing in _ONLY_OWN and not is_own:
        return False
    if thing == Thing.OWN_SCORES and withholds_own_scores(viewer, phase, team):
        return False
    if thing in _OWN and is_own:
        return True
    at = instant_of(thing, phase)
    return at is not None and at <= now


def withholds_own_scores(viewer: Viewer, phase: Embargo, team: int | None) -> bool:
    """Return whether a phase keeps scores from a team of the viewer's that is not verified.

    One person with many accounts could otherwise climb by the scores of each.
    """
    return phase.own_scores_verified_only and team not in viewer.verified_teams


def instant_of(thing: Thing, phase: Embargo) -> datetime | None:
    """Return the instant from which a thing may be seen, None for "not announced"."""
    at: datetime | None = getattr(phase, DATE_OF[thing])
    return at
