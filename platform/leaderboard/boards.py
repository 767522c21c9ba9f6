"""From scores to a ranked board; the ranking itself is the evaluator's."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.text import Truncator

from accounts.models import Team
from evaluator.metrics import METRICS, STOPPED_COUNTS
from leaderboard.aliases import make_aliases
from leaderboard.builders import BeingBuilt, begin_build, end_build
from leaderboard.models import BoardSnapshot
from leaderboard.places import Standing, find_standings
from leaderboard.ranges import add_ranges
from leaderboard.snapshots import BASELINE, EXCLUDED, NOBODY, Board, BoardRow, TeamOnBoard
from leaderboard.versions import find_older
from sharedtasks.models import TestSet
from submissions.models import Entry, Score
from submissions.signatures import choose_signatures, read_scorer, read_version
from submissions.states import EntryState

DESCRIPTION_SHOWN = 400  # characters; an entry's own page has the whole
LOOK_EVERY = 0.05  # seconds, while another process builds

# What systems are compared with, in the order in which boards show it.
YARDSTICKS: list[str] = [Entry.Kind.ORACLE, Entry.Kind.COPY, BASELINE]


OF_A_ROW = [
    *("kind", "system", "is_primary", "team_id", "submission_id"),
    *("excluded_at", "excluded_reason"),
    *(f"team__{name}" for name in ("name", "slug", "is_verified", "is_organisers")),
    *(f"submission__{name}" for name in ("description", "is_constrained", "terminology_use")),
]

# Whose scores decide which signature a board shows, each group over the groups after it.
DECIDING: Sequence[Collection[str]] = (
    (Entry.Kind.SYSTEM,),
    (Entry.Kind.SYSTEM, Entry.Kind.COPY),
    Entry.Kind.values,
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
    """Build a test set's board from its scores, unless it is fresh; return whether it was built.

    Waits while another process builds it.
    """
    while True:
        with suppress(BeingBuilt):
            return try_to_rebuild(test_set_id)
        time.sleep(LOOK_EVERY)


def try_to_rebuild(test_set_id: int, *, takes_over: bool = False) -> bool:
    """Do the same, but do not wait: raise BeingBuilt, or take over from another builder.

    The row is locked for moments only, at the begin and at the end. Whoever records scores
    meanwhile does not wait for the build.
    """
    test_set = begin_build(test_set_id, takes_over=takes_over)
    if test_set is None:
        return False
    try:
        return _record(test_set, _build_board(test_set))
    finally:
        end_build(test_set)


@transaction.atomic
def _record(test_set: TestSet, board: Board) -> bool:
    """Keep the board, unless a later builder has been quicker; return whether it was kept."""
    rows = TestSet.objects.select_for_update(no_key=True).filter(pk=test_set.pk)
    version = test_set.results_version
    if rows.values_list("ranked_version", flat=True).get() >= version:
        return False
    BoardSnapshot.objects.update_or_create(
        test_set=test_set,
        population=BoardSnapshot.Population.SCORED,
        defaults={
            "results_version": version,
            "built_at": timezone.now(),
            "body": board.body(),
            "teams": {str(pk): asdict(team) for pk, team in board.teams.items()},
        },
    )
    TestSet.objects.filter(pk=test_set.pk).update(ranked_version=version)
    return True


def rebuild_stale() -> int:
    """Build the boards whose message was lost or whose teams have changed; return how many."""
    outdated = find_boards_with_changed_teams()
    TestSet.objects.filter(pk__in=outdated).update(results_version=F("results_version") + 1)
    stale = TestSet.objects.filter(results_version__gt=F("ranked_version"))
    built = 0
    for test_set_id in stale.values_list("pk", flat=True):
        with suppress(BeingBuilt):
            built += try_to_rebuild(test_set_id)
    return built


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
        .only(*OF_A_ROW)
        .order_by("pk")
    )
    scores = Score.objects.filter(entry__test_set=test_set).order_by("pk")
    read = scores.values_list("entry_id", "metric", "value", "signature", IS_CUT_SHORT)
    scored = map(Scored._make, read)
    comparable = _ComparableScores(entries, scored, chosen_versions=test_set.phase.metric_versions)
    rows, ranges = add_ranges(test_set, _build_rows(entries, comparable, test_set.official_order))
    return Board.of(
        rows,
        order=test_set.official_order,
        ranges=ranges,
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
        # Excluded entries decide nothing: their scores tell only where they would stand.
        kinds = {entry.pk: EXCLUDED if entry.excluded_at else entry.kind for entry in entries}
        kept = [score for score in scores if score.entry in kinds]
        self.signatures: dict[str, str] = {}
        for deciding in DECIDING:
            named = [
                (score.metric, score.signature)
                for score in kept
                if score.metric not in self.signatures and kinds[score.entry] in deciding
            ]
            self.signatures |= choose_signatures(named, chosen_versions)
        self.rescored = _count_rescored(kept, self.signatures)
        self.by_entry: dict[int, dict[str, float]] = {}
        self.own_signatures: dict[int, dict[str, str]] = {}
        self.cut_short: dict[int, set[str]] = {}
        for score in kept:
            signature = self.signatures.get(score.metric, "")
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
        if score.is_cut_short:
            self.cut_short.setdefault(score.entry, set()).add(score.metric)
        elif score.entry in self.cut_short:
            self.cut_short[score.entry].discard(score.metric)


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
    entries: list[Entry], comparable: _ComparableScores, order: Sequence[str]
) -> list[BoardRow]:
    """Return the rows of systems, best first, then yardsticks, then what is excluded."""
    systems = [entry for entry in entries if kind_of(entry) == Entry.Kind.SYSTEM]
    names = make_aliases([entry.pk for entry in entries])
    standings = find_standings(
        {entry.pk: comparable.by_entry.get(entry.pk, {}) for entry in systems},
        {entry.pk for entry in systems if is_ranked(entry)},
        order,
    )

    def position(entry: Entry) -> tuple[float, int]:
        standing = standings.get(entry.pk)
        return (standing.position if standing else float("inf"), entry.pk)

    yardsticks = sorted(
        (entry for entry in entries if kind_of(entry) in YARDSTICKS),
        key=lambda entry: (YARDSTICKS.index(kind_of(entry)), entry.pk),
    )
    excluded = [entry for entry in entries if kind_of(entry) == EXCLUDED]
    return [
        _build_row(entry, comparable, alias=names[entry.pk], standing=standings.get(entry.pk))
        for entry in sorted(systems, key=position) + yardsticks + excluded
    ]


def kind_of(entry: Entry) -> str:
    """Return what a row is: excluded, a baseline of the organisers, or the entry's kind."""
    if entry.excluded_at is not None:
        return EXCLUDED
    return BASELINE if entry.team is not None and entry.team.is_organisers else entry.kind


def is_ranked(entry: Entry) -> bool:
    """Return whether it takes part in the ranking: the primary of a verified team."""
    return entry.is_primary and entry.team is not None and entry.team.is_verified


def _build_row(
    entry: Entry,
    comparable: _ComparableScores,
    *,
    alias: str,
    standing: Standing | None,
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
        place=standing.place if standing else "",
        position=standing.position if standing else None,
        scores=comparable.by_entry.get(entry.pk, {}),
        signatures=comparable.own_signatures.get(entry.pk, {}),
        cut_short=sorted(comparable.cut_short.get(entry.pk, ())),
        excluded_reason=entry.excluded_reason,
    )
