"""The scores of an entry, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.metrics import describe, split_name
from sharedtasks.metric_columns import COLUMNS, Column
from submissions.models import Entry, Score


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A score and the column that says how to write it."""

    column: Column
    score: Score
    parts: str  # in words; empty if there is nothing to say


def list_scores(entry: Entry) -> list[ShownScore]:
    """Return the newest score of each metric, in column order."""
    newest = {score.metric: score for score in entry.scores.all()}
    return [
        ShownScore(column, score, describe(column.metric, score.details))
        for column in COLUMNS
        if (score := newest.get(column.metric))
    ]


@dataclass(frozen=True, slots=True)
class OtherList:
    """Scores by a list of terms that is not the test set's own."""

    name: str  # random, proper
    scores: list[ShownScore]


def list_other_scores(entry: Entry) -> list[OtherList]:
    """Return the newest scores by other lists of terms, in column order; [] without such a list."""
    newest = {split_name(score.metric): score for score in entry.scores.all()}
    return [
        OtherList(
            name,
            [
                ShownScore(column, score, describe(column.metric, score.details))
                for column in COLUMNS
                if (score := newest.get((column.metric, name)))
            ],
        )
        for name in sorted({name for _, name in newest if name})
    ]
