"""Teams take turns: the oldest entry of the team with the earliest last turn is next.

A team that has never had a turn comes first. So a team with many systems waits for itself, not
the others for the team.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db.models import F, QuerySet

from nodes.models import TeamTurn
from submissions.models import Entry

LAST_TURN = "team__node_turn__at"


def next_in_turn(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Put the entry first that is next; `failed_here_at` is of `retries.elsewhere_first`.

    Entries that failed on this node recently, and that no other node can run, come last.
    """
    failed_here = F("failed_here_at").asc(nulls_first=True)
    last_turn = F(LAST_TURN).asc(nulls_first=True)
    # GPU work first: no other node can do it.
    return entries.order_by(failed_here, "-submission__needs_gpu", last_turn, "pk")


def in_turn(entries: QuerySet[Entry]) -> list[int]:
    """Return the keys of entries of a kind in the order in which nodes will be given them.

    A team that has had a turn waits until all others have had theirs; so of each team the first
    entries come first, then the second ones, and so on.
    """
    rounds: Counter[int | None] = Counter()
    firsts: dict[int | None, int] = {}  # the oldest entry of each team
    places: list[tuple[int, bool, datetime | None, int, int]] = []
    for pk, team, last_turn in entries.order_by("pk").values_list("pk", "team", LAST_TURN):
        first = firsts.setdefault(team, pk)
        places.append((rounds[team], last_turn is not None, last_turn, first, pk))
        rounds[team] += 1
    return [pk for *_, pk in sorted(places)]


def take_turn(team_id: int, at: datetime) -> None:
    """Record a team's turn, in the transaction of the claim."""
    TeamTurn.objects.update_or_create(team_id=team_id, defaults={"at": at})
