"""Who may see what, when: every thing, as every viewer, around its instant."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

import pytest

from sharedtasks.policy import VISITOR, Role, Thing, Viewer, can_see, instant_of

OPENS = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
INSTANT = OPENS + timedelta(days=30)
TICK = timedelta(microseconds=1)
OWN, FOREIGN = 1, 2  # teams
TASK, ELSEWHERE = 7, 8  # shared tasks

# Each with the column of a rule that it goes by.
VIEWERS = {
    "visitor": (VISITOR, 0),
    "stranger": (Viewer(teams=frozenset({FOREIGN})), 1),
    "organiser of another task": (
        Viewer(roles={ELSEWHERE: Role.OWNER}, shown_references=frozenset({ELSEWHERE})), 1,
    ),
    "own team": (Viewer(teams=frozenset({OWN, 3})), 2),
    "observer": (Viewer(roles={TASK: Role.OBSERVER, ELSEWHERE: Role.OWNER}), 3),
    "observer with references": (
        Viewer(roles={TASK: Role.OBSERVER}, shown_references=frozenset({TASK})), 4,
    ),
    "organiser": (Viewer(roles={TASK: Role.ORGANISER}), 4),
    "owner": (Viewer(roles={TASK: Role.OWNER}), 4),
}  # fmt: skip
COLUMNS = [(name, column) for name, (_, column) in VIEWERS.items()]
MOMENTS = {"before": INSTANT - TICK, "at": INSTANT, "after": INSTANT + timedelta(days=400)}

# Of a thing of team OWN: when each viewer sees it. "public" is from its instant on.
RULES = {
    Thing.SOURCES: ("public", "public", "public", "always", "always"),
    Thing.OWN_SCORES: ("never", "never", "public", "always", "always"),
    Thing.BOARD: ("public", "public", "public", "always", "always"),
    Thing.TEAM_NAMES: ("public", "public", "always", "always", "always"),
    Thing.OUTPUTS: ("public", "public", "always", "always", "always"),
    Thing.REFERENCES: ("public", "public", "public", "public", "always"),
    Thing.LOGS: ("never", "never", "public", "always", "always"),
}
# Of what is nobody's, or everybody's at once: a board, a test set.
RULES_FOR_NOBODYS = {
    thing: ("never", "never", "never", "always", "always")
    if thing in (Thing.OWN_SCORES, Thing.LOGS)
    else ("public", "public", "public", RULES[thing][3], "always")
    for thing in Thing
}


@dataclass
class Phase:
    """The instants of a phase; all the same unless told otherwise."""

    shared_task_id: int = TASK
    is_public: bool = True
    own_scores_verified_only: bool = False
    opens_at: datetime = INSTANT
    own_scores_at: datetime | None = INSTANT
    board_at: datetime | None = INSTANT
    team_names_at: datetime | None = INSTANT
    outputs_at: datetime | None = INSTANT
    references_at: datetime | None = INSTANT
    logs_at: datetime | None = INSTANT


UNSET = Phase(TASK, True, False, OPENS, *[None] * 6)


def expected(rule: str, moment: str) -> bool:
    return rule == "always" or (rule == "public" and moment != "before")


def test_the_tables_know_every_thing():
    assert list(RULES) == list(RULES_FOR_NOBODYS) == list(Thing)
    assert {instant_of(thing, Phase()) for thing in Thing} == {INSTANT}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("viewer", "column"), COLUMNS)
@pytest.mark.parametrize("thing", Thing)
def test_what_is_a_teams(thing, viewer, column, moment):
    seen = can_see(VIEWERS[viewer][0], thing, Phase(), MOMENTS[moment], team=OWN)

    assert seen == expected(RULES[thing][column], moment)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("viewer", "column"), COLUMNS)
@pytest.mark.parametrize("thing", Thing)
def test_what_is_nobodys(thing, viewer, column, moment):
    seen = can_see(VIEWERS[viewer][0], thing, Phase(), MOMENTS[moment])

    assert seen == expected(RULES_FOR_NOBODYS[thing][column], moment)


@pytest.mark.parametrize(("viewer", "column"), COLUMNS)
@pytest.mark.parametrize("thing", [thing for thing in Thing if thing != Thing.SOURCES])
def test_without_an_instant_nothing_is_ever_public(thing, viewer, column):
    seen = can_see(VIEWERS[viewer][0], thing, UNSET, MOMENTS["after"], team=OWN)

    assert seen == (RULES[thing][column] == "always")


@pytest.mark.parametrize("field", [field.name for field in fields(Phase)][3:])
def test_each_thing_has_an_instant_of_its_own(field):
    phase = Phase()
    setattr(phase, field, INSTANT + timedelta(days=1))

    hidden = {thing for thing in Thing if not can_see(VISITOR, thing, phase, INSTANT)}

    always = {Thing.OWN_SCORES, Thing.LOGS}
    [changed] = [thing for thing in Thing if instant_of(thing, phase) != INSTANT]
    assert hidden == always | {changed}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("viewer", "column"), COLUMNS)
@pytest.mark.parametrize("thing", Thing)
def test_only_its_own_roles_see_a_phase_before_it_is_announced(thing, viewer, column, moment):
    phase = Phase(is_public=False)

    seen = can_see(VIEWERS[viewer][0], thing, phase, MOMENTS[moment], team=OWN)

    assert seen == (column >= 3 and RULES[thing][column] == "always")


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.OBSERVER, (True, False, False)),
        (Role.ORGANISER, (True, True, False)),
        (Role.OWNER, (True, True, True)),
    ],
)
def test_a_role_may_what_the_roles_above_it_may(role, expected):
    viewer = Viewer(roles={TASK: role})

    assert tuple(viewer.has_role(TASK, least) for least in Role) == expected
    assert not any(viewer.has_role(ELSEWHERE, least) for least in Role)


@pytest.mark.parametrize(("is_verified", "is_seen"), [(True, True), (False, False)])
def test_own_scores_can_be_kept_for_verified_teams(is_verified, is_seen):
    teams = frozenset({OWN})
    member = Viewer(teams=teams, verified_teams=teams if is_verified else frozenset())
    phase = Phase(own_scores_verified_only=True)

    seen = {thing for thing in Thing if can_see(member, thing, phase, INSTANT, team=OWN)}

    assert seen == set(Thing) - (set() if is_seen else {Thing.OWN_SCORES})
    assert can_see(VIEWERS["observer"][0], Thing.OWN_SCORES, phase, INSTANT, team=OWN)
