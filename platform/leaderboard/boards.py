"""From scores to a ranked board; the ranking itself is the evaluator's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

import evaluator
from leaderboard.models import BoardSnapshot
from sharedtasks.columns import BY_METRIC, COLUMNS
from sharedtasks.models import TestSet
from submissions.models import Entry, Score
from submissions.states import EntryState


@dataclass(frozen=True, slots=True)
class Row:
    """One entry on a board; an undefined score is absent, not zero."""

    entry: int
    kind: str  # of Entry.Kind
    team: str  # empty for a row of nobody's
    team_slug: str
    system: str
    is_primary: bool
    is_constrained: bool
    terminology_use: str
    rank: float | None  # equal scores share their mean rank
    scores: dict[str, float]  # by metric


@dataclass(frozen=True, slots=True)
class Board:
    """What a leaderboard page shows, best entry first."""

    ranking_metric: str
    signatures: dict[str, str] = field(default_factory=dict)  # by metric, in column order
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Board:
        """Read a snapshot's body back."""
        rows = [Row(**row) for row in body["rows"]]
        return cls(body["ranking_metric"], _in_column_order(body["signatures"]), rows)


def rebuild(test_set_id: int) -> bool:
    """Build a test set's board from its scores, unless it is fresh; say whether it was built."""
    with transaction.atomic():
        # The lock: of two builders the later sees all that the earlier saw.
        test_set = TestSet.objects.select_for_update().get(pk=test_set_id)
        if test_set.ranked_version == test_set.results_version:
            return False
        BoardSnapshot.objects.update_or_create(
            test_set=test_set,
            population=BoardSnapshot.Population.SCORED,
            defaults={
                "results_version": test_set.results_version,
                "built_at": timezone.now(),
                "body": asdict(_build(test_set)),
            },
        )
        TestSet.objects.filter(pk=test_set_id).update(ranked_version=F("results_version"))
    return True


def rebuild_stale() -> int:
    """Build the boards whose message was lost; return how many were stale."""
    stale = TestSet.objects.filter(results_version__gt=F("ranked_version"))
    return sum(rebuild(pk) for pk in stale.values_list("pk", flat=True))


def _build(test_set: TestSet) -> Board:
    entries = Entry.objects.filter(test_set=test_set, state=EntryState.SCORED, withdrawn_at=None)
    scores, signatures = _comparable(Score.objects.filter(entry__in=entries).order_by("pk"))
    rows = _ranked(
        entries.select_related("team", "submission"), scores, metric=test_set.ranking_metric
    )
    return Board(test_set.ranking_metric, signatures, rows)


def _comparable(
    scores: Iterable[Score],
) -> tuple[dict[int, dict[str, float]], dict[str, str]]:
    """Keep, of each metric, the scores with one signature, as boards never mix two.

    It is the one that most entries have, among equals the newest: the first upload after an
    upgrade of a scorer must not empty the board. A rescore brings the others along.
    """
    scores = list(scores)
    counts = Counter((score.metric, score.signature) for score in scores)
    newest: dict[str, str] = {}
    for score in scores:
        best = counts[score.metric, newest.get(score.metric, "")]
        if counts[score.metric, score.signature] >= best:
            newest[score.metric] = score.signature
    by_entry: dict[int, dict[str, float]] = {}
    for score in scores:
        if score.signature == newest[score.metric]:
            by_entry.setdefault(score.entry_id, {})[score.metric] = score.value
    return by_entry, _in_column_order(newest)


def _in_column_order(signatures: Mapping[str, str]) -> dict[str, str]:
    # PostgreSQL's JSON keeps no order of keys.
    return {c.metric: signatures[c.metric] for c in COLUMNS if c.metric in signatures}


def _ranked(
    entries: Iterable[Entry], scores: dict[int, dict[str, float]], *, metric: str
) -> list[Row]:
    by_id = {entry.pk: entry for entry in entries}
    values = {pk: scores.get(pk, {}).get(metric) for pk in by_id}
    higher = BY_METRIC[metric].higher_is_better
    return [
        _row(by_id[ranked.entry_id], ranked.rank, scores.get(ranked.entry_id, {}))
        for ranked in evaluator.rank(values, higher_is_better=higher)
    ]


def _row(entry: Entry, rank: float | None, scores: dict[str, float]) -> Row:
    submission = entry.submission
    return Row(
        entry=entry.pk,
        kind=entry.kind,
        team=entry.team.name if entry.team else "",
        team_slug=entry.team.slug if entry.team else "",
        system=entry.system,
        is_primary=entry.is_primary,
        is_constrained=submission.is_constrained if submission else False,
        terminology_use=submission.get_terminology_use_display() if submission else "",
        rank=rank,
        scores=scores,
    )
