"""The participants of a shared task as a table, for letters and lists of authors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accounts.models import Membership
from evaluator.errors import printable
from organise.teams import TeamLine
from submissions.pages.exports import write_row

COLUMNS = (
    "user_name", "name", "email", "team", "name_in_publications", "affiliation", "team_role",
    "team_state", "also_organiser",
)  # fmt: skip
MOST_CHARACTERS = 300  # of a cell


def list_members(lines: Sequence[TeamLine]) -> list[Membership]:
    """Return the members of these teams, team by team; one query."""
    rows = Membership.objects.filter(team__in=[line.team for line in lines])
    return list(rows.select_related("user", "team").order_by("team__name", "user__username"))


def write_participants(lines: Sequence[TeamLine], members: Sequence[Membership]) -> Iterator[str]:
    """Write a line for each member of each team, with a heading, as CSV."""
    by_team = {line.team.pk: line for line in lines}
    yield write_row(COLUMNS, "excel")
    for member in members:
        line, user, team = by_team[member.team_id], member.user, member.team
        state = "verified" if team.is_verified else "not verified"
        cells = (
            user.username, user.get_full_name(), user.email, team.name,
            team.publication_name or team.name, team.institution, member.role,
            line.decision.kind if line.decision else state,
            "yes" if user in line.organisers else "no",
        )  # fmt: skip
        # Letters that turn the direction of a line become �.
        yield write_row([printable(cell, MOST_CHARACTERS) for cell in cells], "excel")
