"""The scores of an entry, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.metrics import describe
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
