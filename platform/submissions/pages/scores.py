"""The scores of an entry, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.metrics import describe
from sharedtasks.columns import COLUMNS, Column
from submissions.models import Entry, Score


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A score with how it is written."""

    column: Column
    score: Score
    parts: str  # in words; empty if there is nothing to say


def of_entry(entry: Entry) -> list[ShownScore]:
    """Return the newest score of each metric, in column order."""
    newest = {score.metric: score for score in entry.scores.all()}
    return [
        ShownScore(column, score, describe(column.metric, score.details))
        for column in COLUMNS
        if (score := newest.get(column.metric))
    ]
