"""From scores to a ranked board; the ranking itself is the evaluator's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.text import Truncator

import evaluator
from accounts.models import Team
from evaluator.metrics import METRICS, STOPPED_COUNTS
from leaderboard.aliases import make_aliases
from leaderboard.models import BoardSnapshot
from leaderboard.snapshots import BASELINE, NOBODY, Board, BoardRow, TeamOnBoard
from leaderboard.versions import find_older
from sharedtasks.metric_columns import BY_METRIC
from sharedtasks.models import TestSet
from submissions.models import Entry, Score
from submissions.signatures import choose_signatures, read_scorer, read_version
from submissions.states import EntryState

DESCRIPTION_SHOWN = 400  # characters; an entry's own page has the whole

# What systems are compared with, in the order in which boards show it.
YARDSTICKS: list[str] = [Entry.Kind.ORACLE, Entry.Kind.COPY, BASELINE]


# Whose scores decide which signature a board shows, each group over the groups before it.
DECIDING: Sequence[Collection[str]] = (
    Entry.Kind.values,
    (Entry.Kind.SYSTEM, Entry.Kind.COPY),
    (Entry.Kind.SYSTEM,),
)


# Asked of the database: to read the parts of all scores would take longer than all the rest.
IS_CUT_SHORT = ExpressionWrapper(
    reduce(or_, (Q(**{f"details__{name}__gt": 0}) for name in STOPPED_COUNTS)), BooleanField()
)


class Scored(NamedTuple):
    """What the board needs of a Score."""

    entry: int
    metric: str
    value: float
    signature: str
    is_cut_short: bool  # a search for it was


def rebuild(test_set_id: int) -> bool:
    """Build a test set's board from its scores, unless it is fresh; return whether it was built."""
    with transaction.atomic():
        # Locked, so that of two builders the later sees all that the earlier saw.
        test_set = TestSet.objects.select_for_update().get(pk=test_set_id)
        if test_set.ranked_version == test_set.results_version:
            return False
        board = _build_board(test_set)
        BoardSnapshot.objects.update_or_create(
            test_set=test_set,
            population=BoardSnapshot.Population.SCORED,
            defaults={
                "results_version": test_set.results_version,
                "built_at": timezone.now(),
                "body": board.body(),
                "teams": {str(pk): asdict(team) for pk, team in board.teams.items()},
            },
        )
        TestSet.objects.filter(pk=test_set_id).update(ranked_version=F("results_version"))
    return True


def rebuild_stale() -> int:
    """Build the boards whose message was lost or whose teams have changed; return how many."""
    outdated = find_boards_with_changed_teams()
    TestSet.objects.filter(pk__in=outdated).update(results_version=F("results_version") + 1)
    stale = TestSet.objects.filter(results_version__gt=F("ranked_version"))
    return sum(rebuild(pk) for pk in stale.values_list("pk", flat=True))


def find_boards_with_changed_teams() -> list[int]:
    """Return the test sets whose boards describe a team as it was and not as it is.

    It takes two queries. So the code that renames or verifies a team need not know of boards.
    """
    snapshots = list(BoardSnapshot.objects.values_list("test_set_id", "teams"))
    known = {str(team.pk): asdict(TeamOnBoard.of(team)) for team in Team.objects.all()}
    return [pk for pk, teams in snapshots if any(known.get(key) != teams[key] for key in teams)]


def _build_board(test_set: TestSet) -> Board:
    entries = list(
        Entry.objects.filter(test_set=test_set, state=EntryState.SCORED, withdrawn_at=None)
        .select_related("team", "submission")
        .order_by("pk")
    )
    scores = Score.objects.filter(entry__test_set=test_set).order_by("pk")
    read = scores.values_list("entry_id", "metric", "value", "signature", IS_CUT_SHORT)
    comparable = _ComparableScores(
        entries,
        map(Scored._make, read),
        chosen_versions=test_set.phase.metric_versions,
    )
    return Board.of(
        _build_rows(entries, comparable, metric=test_set.ranking_metric),
        ranking_metric=test_set.ranking_metric,
        references=Entry.objects.filter(test_set=test_set, kind=Entry.Kind.ORACLE).count(),
        signatures=comparable.signatures,
        rescored=comparable.rescored,
    )


class _ComparableScores:
    """The scores that may stand on a board: of each metric, those with the board's signature.

    The teams' entries decide which signature that is; without any, the test set's own rows do.
    A reference is scored against the other references: it needs the same scorer, and keeps its
    own signature.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        scores: Iterable[Scored],
        *,
        chosen_versions: Mapping[str, int],
    ) -> None:
        kinds = {entry.pk: entry.kind for entry in entries}
        kept = [score for score in scores if score.entry in kinds]
        self.signatures: dict[str, str] = {}
        for deciding in DECIDING:
            named = [(s.metric, s.signature) for s in kept if kinds[s.entry] in deciding]
            self.signatures |= choose_signatures(named, chosen_versions)
        self.rescored = _count_rescored(kept, self.signatures)
        self.by_entry: dict[int, dict[str, float]] = {}
        self.own_signatures: dict[int, dict[str, str]] = {}
        self.cut_short: dict[int, set[str]] = {}
        for score in kept:
            signature = self.signatures[score.metric]
            if score.signature == signature:
                self._show(score)
                self.own_signatures.get(score.entry, {}).pop(score.metric, None)
            elif kinds[score.entry] == Entry.Kind.ORACLE and read_scorer(
                score.signature
            ) == read_scorer(signature):
                self._show(score)
                self.own_signatures.setdefault(score.entry, {})[score.metric] = score.signature

    def _show(self, score: Scored) -> None:
        """Let an entry have this score of a metric, and no score before it."""
        self.by_entry.setdefault(score.entry, {})[score.metric] = score.value
        marked = self.cut_short.setdefault(score.entry, set())
        (marked.add if score.is_cut_short else marked.discard)(score.metric)


def _count_rescored(scores: Iterable[Scored], signatures: Mapping[str, str]) -> int:
    """Return how many entries have a newer score than the board shows, by the newest version."""
    newest = {metric: METRICS[metric].version for metric in find_older(signatures)}
    return len(
        {
            score.entry
            for score in scores
            if score.metric in newest and read_version(score.signature) == newest[score.metric]
        }
    )


def _build_rows(
    entries: list[Entry], comparable: _ComparableScores, *, metric: str
) -> list[BoardRow]:
    """Return the rows of systems, best first, then those that systems are compared with."""
    by_id = {entry.pk: entry for entry in entries}
    systems = [entry for entry in entries if kind_of(entry) == Entry.Kind.SYSTEM]
    names = make_aliases(by_id)

    def rank(some: Iterable[Entry]) -> Mapping[int, float | None]:
        values = {entry.pk: comparable.by_entry.get(entry.pk, {}).get(metric) for entry in some}
        order = evaluator.rank(values, higher_is_better=BY_METRIC[metric].higher_is_better)
        return {ranked.entry_id: ranked.rank for ranked in order}

    places = rank(systems)  # of all, in the order of the board
    ranks = rank(entry for entry in systems if _is_ranked(entry))

    def order(entry: Entry) -> tuple[float, bool]:
        place = places[entry.pk]
        is_contrastive = not _is_ranked(entry)  # among equals, primaries first
        return float("inf") if place is None else place, is_contrastive

    yardsticks = sorted(
        (entry for entry in entries if kind_of(entry) in YARDSTICKS),
        key=lambda entry: (YARDSTICKS.index(kind_of(entry)), entry.pk),
    )
    return [
        _build_row(entry, comparable, alias=names[entry.pk], rank=ranks.get(entry.pk),
                   place=places.get(entry.pk))
        for entry in sorted((by_id[pk] for pk in places), key=order) + yardsticks
    ]  # fmt: skip


def kind_of(entry: Entry) -> str:
    """Return what a row is: the entry's kind, or a baseline if it is the organisers'."""
    return BASELINE if entry.team is not None and entry.team.is_organisers else entry.kind


def _is_ranked(entry: Entry) -> bool:
    """Return whether it takes part in the ranking: the primary of a verified team."""
    return entry.is_primary and entry.team is not None and entry.team.is_verified


def _build_row(
    entry: Entry,
    comparable: _ComparableScores,
    *,
    alias: str,
    rank: float | None,
    place: float | None,
) -> BoardRow:
    submission = entry.submission
    team = TeamOnBoard.of(entry.team) if entry.team else NOBODY
    description = submission.description if submission else ""
    return BoardRow(
        entry=entry.pk,
        submission=entry.submission_id,
        kind=kind_of(entry),
        team_id=entry.team_id,
        team=team.name,
        team_slug=team.slug,
        is_verified=team.is_verified,
        is_organisers=team.is_organisers,
        system=entry.system,
        description=Truncator(description).chars(DESCRIPTION_SHOWN),
        is_primary=entry.is_primary,
        is_constrained=submission.is_constrained if submission else False,
        terminology_use=submission.get_terminology_use_display() if submission else "",
        alias=alias,
        rank=rank,
        place=place,
        scores=comparable.by_entry.get(entry.pk, {}),
        signatures=comparable.own_signatures.get(entry.pk, {}),
        cut_short=sorted(comparable.cut_short.get(entry.pk, ())),
    )
